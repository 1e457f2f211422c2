"""The wall over SRT: judged by FFmpeg's listener, which is the makers' own library; and the protocol by itself."""

import asyncio
import struct
import subprocess
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.rtsp.authentication import Credentials
from tests.support.brokers import free_port
from tests.support.media_probe import probe, video
from tests.support.moving_picture import MovingWall
from tests.support.publishing import holds, listening, publishing, said, sent
from tests.support.waiting import eventually_async
from videowall.outputs.targets.output import OutputState
from videowall.outputs.targets.receiver import OutputError
from videowall.outputs.targets.srt.caller import SILENT_S, Caller
from videowall.outputs.targets.srt.packets import (
    SEQUENCES,
    Block,
    Handshake,
    Kind,
    decode_control,
    decode_handshake,
    decode_lost,
    distance,
    encode_control,
    encode_handshake,
    encode_text,
)

pytestmark = pytest.mark.alone

PASSPHRASE = "a secret of ten and more"


@pytest.fixture
def wall() -> Iterator[MovingWall]:
    wall = MovingWall(key_every=25)
    with wall.running():
        yield wall


@pytest.mark.slow
@pytest.mark.parametrize("passphrase", ["", PASSPHRASE], ids=["open", "encrypted"])
async def test_ffmpegs_listener_takes_the_wall(wall: MovingWall, tmp_path: Path, passphrase: str) -> None:
    port, file = free_port(), tmp_path / "wall.ts"
    secret = f"&passphrase={passphrase}&pbkeylen=32" if passphrase else ""
    secrets = {f"127.0.0.1:{port}": Credentials("", passphrase)} if passphrase else {}
    with listening(f"srt://127.0.0.1:{port}?mode=listener{secret}", file):
        async with publishing(wall, f"srt://127.0.0.1:{port}?streamid=wall/main&latency=200", secrets) as outputs:
            await sent(outputs, 100)
            await eventually_async(holds(file, 40_000))
            assert outputs.reports[0].state is OutputState.SENDING
    found = video(probe(file))
    assert (found["codec_name"], found["width"]) == ("h264", 640)
    assert int(found["nb_read_frames"]) >= 20


class LossyRelay(asyncio.DatagramProtocol):
    """Stands between sender and receiver, and loses every twentieth data packet the first time."""

    def __init__(self, target: tuple[str, int]) -> None:
        self.lost_total = 0
        self._target = target
        self._sender: tuple[str, int] | None = None
        self._count = 0
        self.transport: asyncio.DatagramTransport | None = None

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        assert self.transport is not None
        if addr == self._target:
            if self._sender is not None:
                self.transport.sendto(data, self._sender)
            return
        self._sender = addr
        is_first_try = not data[0] & 0x80 and not data[4] & 0x04
        self._count += is_first_try
        if is_first_try and self._count % 20 == 0:
            self.lost_total += 1
            return
        self.transport.sendto(data, self._target)


@pytest.mark.slow
async def test_lost_packets_are_made_good(wall: MovingWall, tmp_path: Path) -> None:
    port, file = free_port(), tmp_path / "wall.ts"
    loop = asyncio.get_running_loop()
    relay = LossyRelay(("127.0.0.1", port))
    relay.transport, _ = await loop.create_datagram_endpoint(lambda: relay, local_addr=("127.0.0.1", 0))
    through = relay.transport.get_extra_info("sockname")[1]
    with listening(f"srt://127.0.0.1:{port}?mode=listener&latency=3000000", file):
        async with publishing(wall, f"srt://127.0.0.1:{through}?latency=3000") as outputs:
            await sent(outputs, 150)
            await eventually_async(holds(file, 80_000))
    relay.transport.close()
    assert relay.lost_total > 5
    found = probe(file)
    assert found["errors"] == ""
    assert int(video(found)["nb_read_frames"]) >= 40


async def test_a_wrong_passphrase_is_said_and_the_wall_is_not_encoded_for_it(wall: MovingWall, tmp_path: Path) -> None:
    port = free_port()
    url = f"srt://127.0.0.1:{port}?mode=listener&passphrase={PASSPHRASE}&enforced_encryption=1"
    secrets = {"127.0.0.1": Credentials("", "another secret altogether")}
    with listening(url, tmp_path / "wall.ts") as server:
        async with publishing(wall, f"srt://127.0.0.1:{port}", secrets) as outputs:
            await eventually_async(lambda: "passphrase" in outputs.reports[0].problem)
            assert wall.broadcast.viewers == 0
            assert "altogether" not in repr(outputs.reports)
        assert isinstance(server, subprocess.Popen)


async def test_nobody_listening_is_said_at_once(wall: MovingWall) -> None:
    async with publishing(wall, f"srt://127.0.0.1:{free_port()}") as outputs:
        await said(outputs)
        assert outputs.reports[0].problem == "nobody listens there"


async def test_options_that_mean_nothing_are_said(wall: MovingWall) -> None:
    async with publishing(wall, "srt://127.0.0.1:9?latency=soon") as outputs:
        await said(outputs)
        assert "latency" in outputs.reports[0].problem
    short = {"127.0.0.1": Credentials("", "short")}
    async with publishing(wall, "srt://127.0.0.1:9", short) as outputs:
        await said(outputs)
        assert "10 to 79" in outputs.reports[0].problem


def answer(caller: Caller, handshake: Handshake) -> list[bytes]:
    return caller.receive(encode_control(Kind.HANDSHAKE, 0, 0, 7, encode_handshake(handshake)), 0)


def connected(sequence: int = 100) -> Caller:
    caller = Caller(7, sequence, 120, "", None)
    (conclusion,) = answer(caller, Handshake(5, 0, 0x4A17, sequence, 1, 9, 1234))
    control = decode_control(conclusion)
    assert control is not None
    handshake = decode_handshake(control.body)
    assert handshake is not None
    assert (handshake.cookie, handshake.stage, handshake.version) == (1234, -1, 5)
    assert Block.REQUEST in handshake.blocks
    assert answer(caller, Handshake(5, 0, 1, sequence, -1, 9, 1234)) == []
    assert caller.is_connected
    return caller


def sequence_of(packet: bytes) -> int:
    return int.from_bytes(packet[:4], "big")


def test_what_was_lost_is_sent_again_as_it_was_until_it_is_acknowledged() -> None:
    caller = connected(SEQUENCES - 2)
    packets = [caller.send(bytes((number,)), number) for number in range(5)]
    assert [sequence_of(packet) for packet in packets] == [SEQUENCES - 2, SEQUENCES - 1, 0, 1, 2]
    gaps = struct.pack(">III", SEQUENCES - 1 | 0x8000_0000, 0, 2)
    again = caller.receive(encode_control(Kind.LOST, 0, 0, 7, gaps), 50_000)
    assert [sequence_of(packet) for packet in again] == [SEQUENCES - 1, 0, 2]
    assert [packet[16:] for packet in again] == [b"\1", b"\2", b"\4"]
    assert caller.receive(encode_control(Kind.LOST, 0, 0, 7, gaps), 50_001) == []
    (acknowledged,) = caller.receive(encode_control(Kind.ACKNOWLEDGE, 3, 0, 7, struct.pack(">I", 2)), 60_000)
    told = decode_control(acknowledged)
    assert told is not None
    assert (told.kind, told.info, told.destination) == (Kind.ACKNOWLEDGED, 3, 9)
    again = caller.receive(encode_control(Kind.LOST, 0, 0, 7, gaps), 90_000)
    assert [sequence_of(packet) for packet in again] == [2]


class Counting(OrderedDict[int, object]):
    """What is kept, and how often it was looked into."""

    looked_up = 0

    def __getitem__(self, key: int) -> object:
        self.looked_up += 1
        return super().__getitem__(key)

    def get(self, key: int, default: object = None) -> object:
        self.looked_up += 1
        return super().get(key, default)


def sending(caller: Caller, packets: int) -> Counting:
    """Sends so many packets; what is kept of them counts from now on."""
    for number in range(packets):
        caller.send(b"x", number)
    kept = Counting(caller._sent)
    caller._sent = kept  # type: ignore[assignment]  # it counts, and is the same otherwise
    return kept


def lost(*ranges: tuple[int, int], destination: int = 7) -> bytes:
    body = b"".join(struct.pack(">II", first | 0x8000_0000, last) for first, last in ranges)
    return encode_control(Kind.LOST, 0, 0, destination, body)


def test_a_loss_report_of_what_was_never_sent_costs_nothing() -> None:
    caller = connected(100)
    kept = sending(caller, 300)
    for first, last in ((500_000_000, 500_008_191), (SEQUENCES - 8192, 99), (400, 8591), (99, 50), (390, 120)):
        assert caller.receive(lost(*[(first, last)] * 400), 50_000) == []
    assert kept.looked_up == 0


def test_a_loss_report_looks_no_packet_up_more_often_than_a_true_one_would() -> None:
    caller = connected(SEQUENCES - 100)
    kept = sending(caller, 300)
    again = caller.receive(lost(*[(SEQUENCES - 5000, 8191)] * 400), 50_000)
    assert [sequence_of(packet) for packet in again] == [(SEQUENCES - 100 + ahead) % SEQUENCES for ahead in range(256)]
    assert kept.looked_up <= 300
    kept.looked_up = 0
    rest = caller.receive(lost((SEQUENCES - 100, 199), (0, 199)), 50_001)
    assert [sequence_of(packet) for packet in rest] == list(range(156, 200))
    assert kept.looked_up <= 300


def test_as_much_of_a_loss_report_is_read_as_one_datagram_holds() -> None:
    assert len(decode_lost(bytes(65_000))) == len(decode_lost(bytes(3200))) == 800


def test_once_connected_nothing_is_taken_that_does_not_name_our_number() -> None:
    caller = connected(100)
    caller.send(b"a", 0)
    caller.receive(encode_control(Kind.KEEP_ALIVE, 0, 0, 7), 1)
    for destination in (0, 8):
        assert caller.receive(lost((100, 100), destination=destination), 50_000) == []
        assert caller.receive(encode_control(Kind.ACKNOWLEDGE, 1, 0, destination), 50_000) == []
        assert caller.receive(encode_control(Kind.SHUTDOWN, 0, 0, destination), 50_000) == []
        greeting = encode_handshake(Handshake(5, 0, 0x4A17, 100, 1, 9, 1234))
        assert caller.receive(encode_control(Kind.HANDSHAKE, 0, 0, destination, greeting), 9_000_000) == []
    with pytest.raises(OutputError, match="silent"):
        caller.send(b"b", 9_000_000)


def test_a_receiver_that_leaves_our_number_out_may_still_greet_us() -> None:
    caller = Caller(7, 100, 120, "", None)
    for handshake in (Handshake(5, 0, 0x4A17, 100, 1, 9, 1234), Handshake(5, 0, 1, 100, -1, 9, 1234)):
        caller.receive(encode_control(Kind.HANDSHAKE, 0, 0, 0, encode_handshake(handshake)), 0)
    assert caller.is_connected


def test_what_is_too_late_is_forgotten_and_counted() -> None:
    caller = connected()
    caller.send(b"a", 0)
    caller.receive(encode_control(Kind.KEEP_ALIVE, 0, 0, 7), 2_000_000)
    caller.send(b"b", 2_000_000)
    assert caller.late_total == 1


def test_a_silent_or_leaving_receiver_ends_the_connection() -> None:
    with pytest.raises(OutputError, match="silent"):
        connected().send(b"a", round((SILENT_S + 1) * 1_000_000))
    with pytest.raises(OutputError, match="closed"):
        connected().receive(encode_control(Kind.SHUTDOWN, 0, 0, 7), 1)
    with pytest.raises(OutputError, match="no room") as caught:
        answer(Caller(7, 1, 120, "", None), Handshake(5, 0, 0, 1, 1003, 9, 0))
    assert caught.value.refused


@given(st.binary(max_size=120))
def test_no_datagram_does_more_than_be_ignored_or_end_the_connection(data: bytes) -> None:
    for caller in (Caller(7, 1, 120, "", None), connected()):
        for datagram in (data, b"\x80" + data):
            try:
                caller.receive(datagram, 1)
            except OutputError:
                continue
    assert len(decode_lost(data)) <= len(data)


@given(st.integers(0, SEQUENCES - 1), st.integers(-(2**20), 2**20))
def test_numbers_go_round(start: int, ahead: int) -> None:
    assert distance(start, (start + ahead) % SEQUENCES) == ahead


def test_a_stream_id_is_turned_round_word_by_word() -> None:
    assert encode_text("STREAM") == b"ERTS\0\0MA"
