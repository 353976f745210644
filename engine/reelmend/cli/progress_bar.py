"""Progress bars, in frames with speed and time left, or in named steps. Shown on a terminal only, on stderr."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

Item = TypeVar("Item")


class FramesPerSecond(ProgressColumn):
    """Speed as "12.3 frames/s"; below one frame a second as "2.5 s/frame"."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        if not speed:
            return Text("– frames/s", style="progress.data.speed")
        told = f"{speed:.1f} frames/s" if speed >= 1 else f"{1 / speed:.1f} s/frame"
        return Text(told, style="progress.data.speed")


def with_progress(items: Iterable[Item], count: int, title: str) -> Generator[Item, None, None]:
    """Yield the items while a bar shows how many of `count` are done; just the items when stderr is no terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield from items
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        FramesPerSecond(),
        TimeRemainingColumn(compact=True),
        TextColumn("left"),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(title, total=count)
        for item in items:
            yield item
            progress.advance(task)


@contextmanager
def steps_bar(title: str, count: int) -> Iterator[Callable[[str], None]]:
    """Give a function to call after each of `count` steps with its name."""
    console = Console(stderr=True)
    columns = (TextColumn(title), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    shown = (*columns, TextColumn("{task.description}", markup=False))
    with Progress(*shown, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=count)
        yield lambda name: progress.update(task, advance=1, description=name)
