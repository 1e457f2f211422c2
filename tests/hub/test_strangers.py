"""What the pages that anybody may open cost the hub's one pipeline."""

from pathlib import Path

import httpx
import pytest

from hub.decisions.state import State
from hub.requests import Stand
from tests.hub.standing_hub import standing_hub


async def test_a_page_for_anybody_does_not_have_the_pipeline_tell_all_that_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With 2,500 devices that is 150 ms of it: a stranger who reloads the page would stop the watch."""
    told: list[str] = []
    stand = State.stand

    def telling(state: State) -> Stand:
        told.append("all that stands")
        return stand(state)

    monkeypatch.setattr(State, "stand", telling)
    async with standing_hub(tmp_path) as hub, httpx.AsyncClient(base_url=hub.url, headers={"Origin": hub.url}) as http:
        told.clear()
        for wall in ("main", "other", ""):
            assert (await http.get("/sign-in", params={"wall": wall})).status_code == 200
            guess = {"name": "nobody", "password": "wrong", "wall": wall}
            assert (await http.post("/sign-in", data=guess)).status_code == 401
        assert (await http.get("/walls/main")).status_code == 401
    assert told == []
