"""One simulated camera: who it is, what it films and sends, and how it asks for a password."""

from collections.abc import Mapping

from msgspec import Struct, field

from sensors.model import DeviceKey, StreamRole
from sensors.rtsp.authentication import Challenge, Credentials
from simulators.cameras.drawing.film import Shot
from simulators.cameras.formats import FORMATS, Format
from simulators.cameras.mount import Preset
from simulators.cameras.sight import Sight
from simulators.cameras.vocabulary import Audio, Authentication


class Camera(Struct, frozen=True):
    """A camera of a post. `shot` has the size of neither stream; each stream sets its own. With `presets` it turns.

    Without `sight` it sees what its shot says, and nobody.
    """

    key: DeviceKey
    shot: Shot
    authentication: Authentication = Authentication.NONE
    credentials: Credentials | None = field(default=None)
    formats: Mapping[StreamRole, Format] = field(default_factory=lambda: dict(FORMATS))
    audio: Audio = Audio.NONE
    presets: tuple[Preset, ...] = ()
    sight: Sight | None = None

    def challenge(self, nonce: str) -> Challenge | None:
        """What a client must answer, or None when the camera is open."""
        if self.credentials is None:
            return None
        realm = str(self.key)
        match self.authentication:
            case Authentication.NONE:
                return None
            case Authentication.BASIC:
                return Challenge("basic", realm)
            case Authentication.DIGEST:
                return Challenge("digest", realm, nonce)
            case Authentication.DIGEST_SHA256:
                return Challenge("digest", realm, nonce, "SHA-256", "auth")
