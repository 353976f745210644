"""How many threads to use: what affinity, cgroup quota and physical cores leave of the machine."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
OWN_CGROUP = Path("/proc/self/cgroup")
CPUS = Path("/sys/devices/system/cpu")
MOST_THREADS_A_GRAPH = 16
"""Beyond this many threads one graph gains little; larger machines run several graphs at once."""


@dataclass(frozen=True, slots=True)
class ThreadPlan:
    """How many graphs run at once, on how many threads each, and the reason in words."""

    graphs_at_once: int
    threads_a_graph: int
    reason: str


def usable_cores() -> int:
    """Return how many cores this process may use: its affinity, or less when a cgroup quota allows less."""
    return _within(len(_affinity()), cgroup_quota_cores(_own_cgroup_folders()))


def plan_threads(wanted: int = 0) -> ThreadPlan:
    """Return the plan for this machine; `wanted` threads a graph, 0: one a physical core that may be used."""
    affinity, quota = _affinity(), cgroup_quota_cores(_own_cgroup_folders())
    usable, physical = _within(len(affinity), quota), physical_cores(affinity)
    cores = min(usable, physical)
    if wanted:
        return ThreadPlan(1, wanted, f"{wanted} threads as asked, of {usable} usable cores")
    at_once = max(1, cores // MOST_THREADS_A_GRAPH)
    why = f"{usable} usable cores, {physical} physical"
    if quota is not None and quota < len(affinity):
        why += f", a cgroup quota of {quota:g} cores"
    return ThreadPlan(at_once, max(1, cores // at_once), why)


def _within(cores: int, quota: float | None) -> int:
    return cores if quota is None else max(1, min(cores, math.ceil(quota)))


def physical_cores(processors: set[int], cpus: Path = CPUS) -> int:
    """Return how many cores these processors are: hyper-threads of one core share its arithmetic and count once."""
    cores = set()
    for processor in processors:
        topology = cpus / f"cpu{processor}" / "topology"
        try:
            siblings = (topology / "thread_siblings_list").read_text(encoding="ascii").strip()
        except OSError:
            siblings = str(processor)
        cores.add(siblings)
    return max(1, len(cores))


def cgroup_quota_cores(folders: list[Path]) -> float | None:
    """Return the smallest quota that these cgroup folders set, in cores, or None. Reads version 2 and version 1."""
    quotas = [quota for folder in folders if (quota := _quota(folder)) is not None]
    return min(quotas, default=None)


def _quota(folder: Path) -> float | None:
    try:
        if (folder / "cpu.max").exists():
            quota, period = (folder / "cpu.max").read_text(encoding="ascii").split()[:2]
        else:
            quota = (folder / "cpu.cfs_quota_us").read_text(encoding="ascii").strip()
            period = (folder / "cpu.cfs_period_us").read_text(encoding="ascii").strip()
        return int(quota) / int(period) if quota.isdigit() and int(period) > 0 else None
    except (OSError, ValueError):
        return None


def _own_cgroup_folders() -> list[Path]:
    """Return the folders of this process's cgroup and of all those above it, in both versions."""
    folders = [CGROUPS, CGROUPS / "cpu", CGROUPS / "cpu,cpuacct"]
    try:
        lines = OWN_CGROUP.read_text(encoding="utf-8").splitlines()
    except OSError:
        return folders
    for line in lines:
        _, controllers, path = line.split(":", 2)
        root = CGROUPS / controllers if controllers else CGROUPS
        own = root / path.lstrip("/")
        folders += [own, *(parent for parent in own.parents if root in (parent, *parent.parents))]
    return folders


def _affinity() -> set[int]:
    if hasattr(os, "sched_getaffinity"):
        return set(os.sched_getaffinity(0))
    return set(range(os.cpu_count() or 1))
