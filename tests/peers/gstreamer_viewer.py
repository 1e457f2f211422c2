"""A viewer that nobody here wrote: GStreamer's `rtspsrc`, run by the system's own Python.

    gstreamer_viewer.py URL tcp|udp PICTURES [USER PASSWORD]

It watches until so many pictures have come out of the stream, or the server refuses it, and says in one JSON object
what it saw: `pictures`, `width` and `height`, and how many packets its jitter buffer missed (`lost`); or `refused` and
why.
"""

import json
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
from gi.repository import GLib, Gst, GstRtsp  # noqa: E402 - versions must be chosen before

_GIVES_UP_S = 40
_PROTOCOLS = {"tcp": GstRtsp.RTSPLowerTrans.TCP, "udp": GstRtsp.RTSPLowerTrans.UDP}


class Viewer:
    """One `rtspsrc` and what it makes of one address."""

    def __init__(self, url: str, transport: str, pictures: int, user: str = "", password: str = "") -> None:
        self._wanted = pictures
        self._loop = GLib.MainLoop()
        self._pipeline = Gst.parse_launch(
            "rtspsrc name=source ! rtph264depay ! h264parse config-interval=-1"
            " ! video/x-h264,alignment=au ! fakesink name=sink signal-handoffs=true sync=false"
        )
        self._source = self._pipeline.get_by_name("source")
        self._source.set_property("location", url)
        self._source.set_property("protocols", _PROTOCOLS[transport])
        if user:
            self._source.set_property("user-id", user)
            self._source.set_property("user-pw", password)
        self._source.connect("new-manager", self._follow)
        self._pipeline.get_by_name("sink").connect("handoff", self._count)
        self._buffers: list[Gst.Element] = []
        self._pictures = 0
        self.seen: dict[str, object] = {"pictures": 0}

    def watch(self) -> dict[str, object]:
        """What there was to see."""
        bus = self._pipeline.get_bus()
        bus.add_signal_watch()
        bus.connect("message::error", self._fail)
        bus.connect("message::application", lambda *_: self._loop.quit())
        GLib.timeout_add_seconds(_GIVES_UP_S, self._loop.quit)
        self._pipeline.set_state(Gst.State.PLAYING)
        self._loop.run()
        self._pipeline.set_state(Gst.State.NULL)
        return self.seen

    def _follow(self, _: Gst.Element, manager: Gst.Element) -> None:
        manager.connect("new-jitterbuffer", lambda _manager, buffer, *_: self._buffers.append(buffer))

    def _count(self, sink: Gst.Element, _: Gst.Buffer, pad: Gst.Pad) -> None:
        self._pictures += 1
        if self._pictures == self._wanted:
            caps = pad.get_current_caps().get_structure(0)
            self.seen |= {
                "pictures": self._pictures,
                "width": caps.get_int("width").value,
                "height": caps.get_int("height").value,
            }
            self.seen["lost"] = sum(buffer.get_property("stats").get_value("num-lost") for buffer in self._buffers)
            sink.post_message(Gst.Message.new_application(sink, Gst.Structure.new_empty("enough")))

    def _fail(self, _: Gst.Bus, message: Gst.Message) -> None:
        error, _debug = message.parse_error()
        if error.matches(Gst.ResourceError.quark(), Gst.ResourceError.NOT_AUTHORIZED):
            self.seen = {"refused": "not-authorized"}
        else:
            self.seen = {"refused": error.message}
        self._loop.quit()


if __name__ == "__main__":
    Gst.init(None)
    viewer = Viewer(sys.argv[1], sys.argv[2], int(sys.argv[3]), *sys.argv[4:])
    sys.stdout.write(json.dumps(viewer.watch()) + "\n")
