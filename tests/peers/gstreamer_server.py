"""GStreamer's RTSP server, run by the system's own Python: a server that nobody here wrote.

    gstreamer_server.py PORT [basic|digest]

It serves a moving ball at /h264, /h264-aggregated and /h265; when a method is named, to those who know the password. It
says in JSON lines on which port it listens (PORT 0 takes a free one), and, whenever that changes, how many sessions it
holds.
"""

import json
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402 - versions must be chosen before

USER, PASSWORD = "viewer", "not a secret: tests"
_BALL = "videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=180,framerate=20/1"
_H264 = f"{_BALL} ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=20 ! rtph264pay name=pay0 pt=96"
_H265 = (
    f"{_BALL} ! x265enc tune=zerolatency speed-preset=ultrafast key-int-max=20 option-string=pools=none:log-level=none"
    " ! rtph265pay name=pay0 pt=97 config-interval=-1"
)
_PIPELINES = {
    "/h264": f"{_H264} config-interval=1",
    "/h264-aggregated": f"{_H264} config-interval=-1 aggregate-mode=max-stap mtu=700",
    "/h265": _H265,
}
_ROLE = "viewer"


def serve(port: int, method: str = "") -> None:
    """Until it is killed."""
    Gst.init(None)
    server = GstRtspServer.RTSPServer.new()
    server.set_address("127.0.0.1")
    server.set_service(str(port))
    mounts = server.get_mount_points()
    for path, pipeline in _PIPELINES.items():
        mounts.add_factory(path, _factory(pipeline))
    if method:
        _guard(server, method)
    server.attach(None)
    say(port=server.get_bound_port())
    known = [0]

    def count() -> bool:
        sessions = server.get_session_pool().get_n_sessions()
        if sessions != known[0]:
            known[0] = sessions
            say(sessions=sessions)
        return True

    GLib.timeout_add(50, count)
    GLib.MainLoop().run()


def say(**what: int) -> None:
    """One line."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def _factory(pipeline: str) -> GstRtspServer.RTSPMediaFactory:
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(f"( {pipeline} )")
    factory.set_shared(True)
    permissions = GstRtspServer.RTSPPermissions()
    for right in ("access", "construct"):
        permissions.add_permission_for_role(_ROLE, f"media.factory.{right}", True)
    factory.set_permissions(permissions)
    return factory


def _guard(server: GstRtspServer.RTSPServer, method: str) -> None:
    auth, token = GstRtspServer.RTSPAuth(), GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", _ROLE)
    if method == "basic":
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.BASIC)
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(USER, PASSWORD), token)
    else:
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(USER, PASSWORD, token)
    server.set_auth(auth)


if __name__ == "__main__":
    serve(int(sys.argv[1]), *sys.argv[2:])
