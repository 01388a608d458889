"""A progress bar over bytes: drawn on a terminal, plain lines elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

STEP = 10  # per cent between two plain lines


@contextmanager
def byte_bar(label: str) -> Iterator[Callable[[int, int], None]]:
    """Yield a callable that takes (bytes done, bytes in all) and shows them on standard error."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _plain(label, console)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(label, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _plain(label: str, console: Console) -> Callable[[int, int], None]:
    last = -STEP

    def report(done: int, total: int) -> None:
        nonlocal last
        percent = 100 * done // total if total else 100
        if percent >= last + STEP or (percent == 100 and last < 100):
            last = percent
            console.print(f"{label}: {percent} % of {total / 1e6:,.0f} MB", highlight=False)

    return report
