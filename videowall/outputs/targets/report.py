"""What a wall node publishes of its outputs. Pure."""

from typing import Final

from sensors.model import Metric, MetricType, Names, Value
from videowall.outputs.targets.output import OutputReport, OutputState

_MAX_TEXT: Final = 500

OUTPUT_METRICS: Final = (
    Metric(
        "outputs_sending",
        MetricType.NUMBER,
        Names(en="Outputs sending", ru="Выводов работает", kk="Жұмыс істейтін шығыстар"),
        minimum=0,
    ),
    Metric(
        "outputs_down",
        MetricType.NUMBER,
        Names(en="Outputs down", ru="Выводов не работает", kk="Істемейтін шығыстар"),
        minimum=0,
    ),
    Metric(
        "outputs_problem",
        MetricType.TEXT,
        Names(en="Output problems", ru="Неполадки выводов", kk="Шығыстар ақаулары"),
    ),
    Metric(
        "outputs_skipped_total",
        MetricType.COUNTER,
        Names(en="Frames outputs missed", ru="Кадров пропущено выводами", kk="Шығыстар жіберген кадрлар"),
    ),
    Metric(
        "outputs_failures_total",
        MetricType.COUNTER,
        Names(en="Output failures", ru="Отказов выводов", kk="Шығыстар істен шығуы"),
    ),
)


def output_values(reports: tuple[OutputReport, ...]) -> dict[str, Value | None]:
    """The figures of all outputs together, and in words what is wrong with which; nothing where there are none."""
    if not reports:
        return {}
    down = [report for report in reports if report.problem]
    return {
        "outputs_sending": sum(report.state is OutputState.SENDING for report in reports),
        "outputs_down": len(down),
        "outputs_problem": "; ".join(f"{report.output}: {report.problem}" for report in down)[:_MAX_TEXT],
        "outputs_skipped_total": sum(report.skipped_total for report in reports),
        "outputs_failures_total": sum(report.failures_total for report in reports),
    }
