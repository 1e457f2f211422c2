"""What the hub and its clients say to each other: JSON over HTTP, and over one live WebSocket."""

from hub.protocol.alarms import AlarmState, AlarmView
from hub.protocol.devices import (
    Approval,
    Conflict,
    ConflictKind,
    DeviceView,
    Liveness,
    MetricView,
    StreamCheck,
    StreamState,
)
from hub.protocol.history import Aggregate, Gap, History, HistoryPoint, HistoryStep, HistorySteps, StateTime
from hub.protocol.live import (
    AlarmChanged,
    DevicesChanged,
    LiveMessage,
    Logged,
    MetricsChanged,
    Snapshot,
    StatusChanged,
    WallsChanged,
    live_decoder,
)
from hub.protocol.people import AccountRequest, AccountView, Note, Problem, Session, Settlement, SignIn
from hub.protocol.records import FileReceipt, HubStatus, LogEntry, Page, RejectedView
from hub.protocol.walls import Ticket, WallRequest, WallView

API = "/api/v1"

__all__ = [
    "API",
    "AccountRequest",
    "AccountView",
    "Aggregate",
    "AlarmChanged",
    "AlarmState",
    "AlarmView",
    "Approval",
    "Conflict",
    "ConflictKind",
    "DeviceView",
    "DevicesChanged",
    "FileReceipt",
    "Gap",
    "History",
    "HistoryPoint",
    "HistoryStep",
    "HistorySteps",
    "HubStatus",
    "LiveMessage",
    "Liveness",
    "LogEntry",
    "Logged",
    "MetricView",
    "MetricsChanged",
    "Note",
    "Page",
    "Problem",
    "RejectedView",
    "Session",
    "Settlement",
    "SignIn",
    "Snapshot",
    "StateTime",
    "StatusChanged",
    "StreamCheck",
    "StreamState",
    "Ticket",
    "WallRequest",
    "WallView",
    "WallsChanged",
    "live_decoder",
]
