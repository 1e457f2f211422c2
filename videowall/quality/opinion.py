"""What is held of one stream's pictures: what the wall sees in them, and what it was told while it sees too little."""

from collections.abc import Iterable

from sensors.catalog import PictureState
from videowall.picture import Planes
from videowall.quality.health import BLIND
from videowall.quality.hearsay import OWN_WORD_S, Hearsay, Word
from videowall.quality.inspector import Inspector
from videowall.quality.likeness import Reference
from videowall.quality.patch import Patch
from videowall.quality.probe import FROZEN_S, Probe, thinned
from videowall.quality.sample import Patches, patches_over


class _Veil:
    """What is laid over a camera's masks, where its pictures are judged."""

    def __init__(self, hidden: Planes) -> None:
        self.hidden = hidden
        self.thin = Patch(thinned(hidden.y))
        self.patches: Patches = patches_over(hidden)


class Opinion:
    """`reset` and `look` belong to the thread that decodes, one at a time; all else to the event loop."""

    def __init__(self, references: tuple[Reference, ...] = ()) -> None:
        self.inspector = Inspector(references)
        self._probe = Probe()
        self._hearsay = Hearsay()
        self._veil: _Veil | None = None
        self._began_s: float | None = None
        """When the session's first picture was looked at."""

    def begin(self, now_s: float) -> None:
        """A session begins; what was wrong with the pictures of the one before is not forgotten for it."""
        if self._began_s is not None:
            self.recall(self.words(now_s))
        self._began_s = None

    def recall(self, words: tuple[Word, ...]) -> None:
        """What was wrong when the camera was last seen."""
        self._hearsay.recall(words)

    def reset(self, now_s: float) -> None:
        """What follows is decoded anew."""
        self._probe.reset(now_s)

    def look(
        self, planes: Planes, now_s: float, *, key: bool, skipped: bool = False, hidden: Planes | None = None
    ) -> None:
        """Take in the next picture; `skipped`: some that came before it were not decoded.

        `hidden` is 255 where it is masked, the same object for all pictures of a size; None: nowhere. Of a picture of
        which hardly anything may be seen nothing is said.
        """
        if self._began_s is None:
            self._began_s = now_s
        if hidden is None:
            self._probe.look(planes, now_s, key=key, skipped=skipped)
            self.inspector.look(planes, now_s)
            return
        if self._veil is None or self._veil.hidden is not hidden:
            self._veil = _Veil(hidden)
        veil = self._veil
        if not veil.thin.is_all:
            self._probe.look(planes, now_s, key=key, skipped=skipped, patch=veil.thin)
            self.inspector.look(planes, now_s, veil.patches)

    @property
    def frozen_s(self) -> float:
        """For how long the pictures brought nothing new, as far as they tell themselves."""
        return self._probe.frozen_s

    def words(self, now_s: float) -> tuple[Word, ...]:
        """All that is wrong with the pictures, gravest first: what they tell themselves, else what others know."""
        life, own = self._probe.shows_life, self.own_words()
        if not own:
            return self._heard(now_s)
        return tuple(word._replace(since_s=self._hearsay.since_s(word, shows_life=life)) for word in own)

    def own_words(self) -> tuple[Word, ...]:
        """The same, as far as they tell themselves."""
        verdict = self.inspector.verdict
        frozen = (Word(PictureState.FROZEN, self._probe.lived_s),) if self.frozen_s >= FROZEN_S else ()
        fault = () if verdict.fault is None else (Word(verdict.fault, verdict.since_s),)
        return (*fault, *frozen) if verdict.fault in BLIND else (*frozen, *fault)

    def state(self, own: PictureState, now_s: float) -> PictureState:
        """What may be said of pictures whose own state this is."""
        heard = self._heard(now_s) if own is PictureState.LIVE else ()
        return heard[0].state if heard else own

    def trouble_s(self, now_s: float) -> float:
        """For how long something is wrong with the pictures; 0 where nothing is."""
        return max((now_s - word.since_s for word in self.words(now_s)), default=0.0)

    def confer(self, others: Iterable["Opinion"], now_s: float) -> None:
        """Hear what is held of the camera's other streams, those that have been seen for long enough."""
        elders = [other for other in others if other.has_seen(OWN_WORD_S, now_s)]
        if elders:
            self._hearsay.tell([word for other in elders for word in other.own_words()], self._began_s)
        else:
            self._hearsay.hush()

    def has_seen(self, period_s: float, now_s: float) -> bool:
        """Whether the session's pictures have been looked at for so long."""
        return self._began_s is not None and now_s - self._began_s >= period_s

    def _heard(self, now_s: float) -> tuple[Word, ...]:
        """Nothing is shown before the first picture, of which there is nothing to be said."""
        if self._began_s is None:
            return ()
        return self._hearsay.believed(self._began_s, now_s, shows_life=self._probe.shows_life)
