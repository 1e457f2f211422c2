"""`shekara doctor`: what would go wrong, said before it does."""

from typing import Annotated

import msgspec
import typer

from hub.doctor.examination import examine
from hub.doctor.finding import Finding, Level

doctor = typer.Typer()


@doctor.command("doctor")
def run_doctor(
    ctx: typer.Context, *, as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False
) -> None:
    """Check the settings and everything they point to; exit code 1 when something would fail."""
    findings = examine(ctx.obj)
    typer.echo(msgspec.json.encode(findings).decode() if as_json else table(findings))
    raise typer.Exit(1 if any(finding.level is Level.FAIL for finding in findings) else 0)


def table(findings: tuple[Finding, ...]) -> str:
    """The findings in columns, each with its mend below it."""
    width = max(len(finding.part) for finding in findings)
    lines: list[str] = []
    for finding in findings:
        lines.append(f"{finding.level:<5} {finding.part:<{width}}  {finding.text}")
        if finding.mend and finding.level is not Level.OK:
            lines.append(f"{'':<5} {'':<{width}}  -> {finding.mend}")
    return "\n".join(lines)
