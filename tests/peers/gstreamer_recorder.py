"""GStreamer's RTSP server, run by the system's own Python, keeping what is published to it at /wall (RECORD).

    gstreamer_recorder.py FILE [USER PASSWORD]

The file is a transport stream. It says its port once it listens.
"""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402 - versions are chosen before

Gst.init(None)
server = GstRtspServer.RTSPServer()
server.set_address("127.0.0.1")
server.set_service("0")
factory = GstRtspServer.RTSPMediaFactory()
factory.set_transport_mode(GstRtspServer.RTSPTransportMode.RECORD)
factory.set_launch(
    "( rtph264depay name=depay0 ! h264parse ! mpegtsmux "
    f"! filesink sync=false buffer-mode=unbuffered location={sys.argv[1]} )"
)
if len(sys.argv) > 2:
    digest = GstRtspServer.RTSPAuth()
    digest.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "wall")
    digest.add_digest(sys.argv[2], sys.argv[3], token)
    server.set_auth(digest)
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_role("wall")
    for name in ("media.factory.access", "media.factory.construct"):
        permissions.add_permission_for_role("wall", name, True)
    factory.set_permissions(permissions)
server.get_mount_points().add_factory("/wall", factory)
server.attach(None)
sys.stdout.write(f"{server.get_bound_port()}\n")
sys.stdout.flush()
GLib.MainLoop().run()
