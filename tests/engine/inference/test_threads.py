"""Thread counts from the machine: affinity, cgroup quotas of both versions, hyper-threads."""

from __future__ import annotations

from pathlib import Path

import pytest

from reelmend.inference import threads
from reelmend.inference.threads import ThreadPlan, cgroup_quota_cores, physical_cores, plan_threads, usable_cores


def quota_folder(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)
    return folder


def test_smallest_quota_of_the_cgroups_counts(tmp_path: Path) -> None:
    folders = [
        quota_folder(tmp_path / "outer", cpu__max="400000 100000\n"),
        quota_folder(tmp_path / "inner", cpu__max="150000 100000\n"),
        quota_folder(tmp_path / "unlimited", cpu__max="max 100000\n"),
        quota_folder(tmp_path / "v1", cpu__cfs_quota_us="200000\n", cpu__cfs_period_us="100000\n"),
        tmp_path / "missing",
    ]
    assert cgroup_quota_cores(folders) == 1.5
    assert cgroup_quota_cores(folders[3:]) == 2.0


def test_no_quota_and_nonsense_are_no_limit(tmp_path: Path) -> None:
    folders = [
        quota_folder(tmp_path / "unlimited", cpu__max="max 100000\n"),
        quota_folder(tmp_path / "v1", cpu__cfs_quota_us="-1\n", cpu__cfs_period_us="100000\n"),
        quota_folder(tmp_path / "nonsense", cpu__max="lots\n"),
    ]
    assert cgroup_quota_cores(folders) is None


def test_hyper_threads_of_a_core_count_once(tmp_path: Path) -> None:
    for processor, siblings in enumerate(["0,4", "1,5", "2,6", "3,7", "0,4", "1,5", "2,6", "3,7"]):
        quota_folder(tmp_path / f"cpu{processor}" / "topology", thread_siblings_list=siblings + "\n")
    assert physical_cores({0, 1, 2, 3, 4, 5, 6, 7}, tmp_path) == 4
    assert physical_cores({0, 4}, tmp_path) == 1
    assert physical_cores({8, 9}, tmp_path) == 2, "a processor that says nothing stands for itself"


def machine(monkeypatch: pytest.MonkeyPatch, processors: int, physical: int, quota: float | None = None) -> None:
    monkeypatch.setattr(threads, "_affinity", lambda: set(range(processors)))
    monkeypatch.setattr(threads, "physical_cores", lambda _processors: physical)
    monkeypatch.setattr(threads, "cgroup_quota_cores", lambda _folders: quota)


@pytest.mark.parametrize(
    ("processors", "physical", "quota", "at_once", "each"),
    [(2, 2, None, 1, 2), (16, 8, None, 1, 8), (64, 64, None, 4, 16), (64, 64, 2.5, 1, 3), (1, 1, 0.5, 1, 1)],
)
def test_plan_follows_the_machine(
    monkeypatch: pytest.MonkeyPatch, processors: int, physical: int, quota: float | None, at_once: int, each: int
) -> None:
    machine(monkeypatch, processors, physical, quota)
    plan = plan_threads()
    assert (plan.graphs_at_once, plan.threads_a_graph) == (at_once, each)
    assert f"{physical} physical" in plan.reason
    assert ("quota" in plan.reason) == (quota is not None)


def test_asked_for_threads_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, 8, 8)
    assert plan_threads(3) == ThreadPlan(1, 3, "3 threads as asked, of 8 usable cores")


def test_this_machine_has_at_least_one_core() -> None:
    assert 1 <= plan_threads().threads_a_graph <= usable_cores()
