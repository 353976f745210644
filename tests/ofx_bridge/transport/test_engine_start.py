"""The transport brings up one engine when none answers, and leaves the host as it found it."""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from reelmend.addresses import default_address
from support.clips import moving_scene

from .conftest import Probe
from .test_render import RADIUS, Stepper, rgba

ENGINE = [sys.executable, "-m", "reelmend", "serve"]


def start_options(*command: object) -> list[str]:
    return [word for part in command for word in ("--start", str(part))]


def start_script(folder: Path, before: str) -> list[str]:
    """A command that runs `before` in a shell and then becomes the engine."""
    path = folder / "engine.sh"
    path.write_text(f'#!/bin/sh\n{before}\nexec {" ".join(ENGINE)} "$@"\n')
    path.chmod(0o700)
    return start_options(path)


@pytest.fixture
def runtime() -> Iterator[Path]:
    """A folder for a socket; engines that were started for it are stopped in the end."""
    with tempfile.TemporaryDirectory(prefix="reelmend-start-") as folder:
        yield Path(folder) / "run"
        for process_id in engines_at(folder):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process_id, signal.SIGKILL)
                wait_until(functools.partial(is_gone, process_id))


def engines_at(folder: str | Path) -> list[int]:
    """Processes whose command line names an address below the folder."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            words = (entry / "cmdline").read_bytes().split(b"\0") if entry.name.isdigit() else []
            if b"--idle-exit" in words and any(str(folder).encode() in word for word in words):
                found.append(int(entry.name))
    return found


def is_gone(process_id: int) -> bool:
    return not Path(f"/proc/{process_id}/exe").exists()


def wait_until(condition: Callable[[], bool], limit_s: float = 10) -> None:
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def test_many_threads_and_processes_start_one_engine(probe: Probe, runtime: Path) -> None:
    starts = probe.folder / "starts"
    options = [*start_script(probe.folder, f"echo $$ >> {starts}"), *RADIUS, "--threads", "4", "--repeat", "2"]
    arguments = probe.render_arguments(f"unix:{runtime}/engine.sock", rgba(moving_scene(4)), options)
    processes = [subprocess.Popen([probe.program, *arguments], stdout=subprocess.PIPE, text=True) for _ in range(3)]
    said = [process.communicate(timeout=60)[0] for process in processes]
    assert all(text.count('"status":"ok"') == 8 for text in said), said
    assert len(starts.read_text().splitlines()) == 1
    assert len(engines_at(runtime)) == 1


def test_files_are_the_users_own(probe: Probe, runtime: Path) -> None:
    assert probe.info(f"unix:{runtime}/engine.sock", *start_options(*ENGINE))["status"] == "ok"
    assert stat.S_IMODE(runtime.stat().st_mode) == 0o700
    assert stat.S_IMODE((runtime / "engine.log").stat().st_mode) == 0o600
    # It answers as soon as it listens, and says so a moment later.
    wait_until(lambda: "ready at" in (runtime / "engine.log").read_text())


def test_a_log_that_grew_long_begins_anew(probe: Probe, runtime: Path) -> None:
    runtime.mkdir(mode=0o700)
    log = runtime / "engine.log"
    log.write_bytes(b"old words\n" * (1 << 19))
    assert probe.info(f"unix:{runtime}/engine.sock", *start_options(*ENGINE))["status"] == "ok"
    wait_until(lambda: "ready at" in log.read_text())
    assert "old words" not in log.read_text()


def test_the_default_address_is_the_engines_own(probe: Probe, runtime: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REELMEND_RUNTIME_DIR", str(runtime / "below" / "it"))
    info = probe.info("", *start_options(*ENGINE))
    assert info["status"] == "ok", info
    assert info["address"] == str(default_address())
    assert stat.S_IMODE((runtime / "below").stat().st_mode) == 0o700


def test_the_engine_inherits_nothing_of_the_host(probe: Probe, runtime: Path) -> None:
    seen = probe.folder / "seen"
    before = f"{{ ls -l /proc/self/fd; pwd; grep Sig /proc/self/status; env | grep PYTHONHOME; }} > {seen}"
    options = [*start_script(probe.folder, before), *RADIUS]
    arguments = probe.render_arguments(f"unix:{runtime}/engine.sock", rgba(moving_scene(2)), options)
    left_open = os.open("/dev/null", os.O_RDONLY)
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    try:
        done = subprocess.run(
            [probe.program, *arguments], pass_fds=[left_open], capture_output=True, text=True, check=True,
            env=os.environ | {"PYTHONHOME": "/nowhere"}, timeout=60,
        )  # fmt: skip
    finally:
        signal.signal(signal.SIGUSR1, signal.SIG_DFL)
        os.close(left_open)
    assert done.stdout.count('"status":"ok"') == 2, done.stdout
    text = seen.read_text()
    descriptors = {line.split(" -> ")[0].split()[-1] for line in text.splitlines() if " -> " in line}
    assert descriptors == {"0", "1", "2", "3"}  # 3 is the folder that ls reads
    assert "PYTHONHOME" not in text
    assert str(runtime) in text.splitlines()
    ignored = int(text.split("SigIgn:")[1].split()[0], 16)
    blocked = int(text.split("SigBlk:")[1].split()[0], 16)
    assert not ignored & 1 << (signal.SIGUSR1 - 1)
    assert not ignored & 1 << (signal.SIGPIPE - 1)
    assert blocked == 0


def test_the_engine_outlives_the_host_which_keeps_no_child(probe: Probe, runtime: Path) -> None:
    arguments = probe.render_arguments(
        f"unix:{runtime}/engine.sock", rgba(moving_scene(2)), [*start_options(*ENGINE), *RADIUS]
    )
    stepper = Stepper(probe, arguments)
    try:
        stepper.begin()
        assert '"ok"' in stepper.end()
        children = Path(f"/proc/{stepper.process_id}/task/{stepper.process_id}/children").read_text()
        assert children == ""
    finally:
        stepper.close()
    (process_id,) = engines_at(runtime)
    assert os.getsid(process_id) != os.getsid(0)
    assert probe.info(f"unix:{runtime}/engine.sock")["process_id"] == process_id


def test_the_host_hears_of_no_fork_and_of_no_child(probe: Probe, runtime: Path) -> None:
    # A host's handlers may do anything in a child: gRPC's restart threads, over descriptors that are about to close.
    heard = probe.folder / "heard"
    options = [*start_options(*ENGINE), *RADIUS, "--hooks", str(heard)]
    arguments = probe.render_arguments(f"unix:{runtime}/engine.sock", rgba(moving_scene(3)), options)
    assert [line["status"] for line in probe.run(*arguments)] == ["ok"] * 3
    assert len(engines_at(runtime)) == 1
    assert not heard.exists(), heard.read_text()
    # The same hooks hear of a fork that is one.
    probe.run("fork", *arguments[1:])
    lines = heard.read_text().splitlines()
    assert sorted(lines) == ["before a fork", "child of a fork", "end of a child", "parent of a fork"]


def test_a_killed_engine_is_replaced_in_the_same_render(probe: Probe, runtime: Path) -> None:
    frames = rgba(moving_scene(4))
    address = f"unix:{runtime}/engine.sock"
    stepper = Stepper(probe, probe.render_arguments(address, frames, [*start_options(*ENGINE), *RADIUS]))
    try:
        for _ in range(3):
            stepper.begin()
            assert '"ok"' in stepper.end()
            for process_id in engines_at(runtime):
                os.kill(process_id, signal.SIGKILL)
        stepper.begin()
        assert '"ok"' in stepper.end()
    finally:
        stepper.close()


def test_an_engine_killed_while_it_computes_is_replaced(probe: Probe, runtime: Path) -> None:
    frames = rgba(moving_scene(12, width=640, height=360))
    address = f"unix:{runtime}/engine.sock"
    arguments = probe.render_arguments(address, frames, [*start_options(*ENGINE), *RADIUS, "--threads", "2"])
    process = subprocess.Popen([probe.program, *arguments], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    first = process.stdout.readline()
    for process_id in engines_at(runtime):
        os.kill(process_id, signal.SIGKILL)
    text = first + process.stdout.read()
    process.wait()
    assert text.count('"status":"ok"') == 12, text


def test_an_engine_that_is_stopping_is_awaited_and_replaced(probe: Probe, runtime: Path) -> None:
    frames = rgba(moving_scene(3))
    arguments = probe.render_arguments(f"unix:{runtime}/engine.sock", frames, [*start_options(*ENGINE), *RADIUS])
    stepper = Stepper(probe, arguments)
    try:
        for pause_s in (0, 0.2, 0):
            stepper.begin()
            assert '"ok"' in (said := stepper.end()), said
            for process_id in engines_at(runtime):
                os.kill(process_id, signal.SIGTERM)
            time.sleep(pause_s)
    finally:
        stepper.close()


def test_an_abort_leaves_the_start_for_the_next_render(probe: Probe, runtime: Path) -> None:
    starts = probe.folder / "starts"
    options = [*start_script(probe.folder, f"echo $$ >> {starts}; sleep 0.5"), *RADIUS, "--abort-after-ms", "300"]
    lines = probe.render(f"unix:{runtime}/engine.sock", rgba(moving_scene(4)), *options, "--repeat", 4)
    codes = [line.get("code", 0) for line in lines]
    assert codes[0] == 1
    assert codes[-1] == 0, lines
    assert max(line["longest_silence_ms"] for line in lines) < 200
    assert len(starts.read_text().splitlines()) == 1


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ([sys.executable, "-c", "import sys; sys.exit('weights are gone')"], "weights are gone"),
        (["/bin/sh", "-c", "exit 0"], "ended without a word"),
        (["/bin/sh", "-c", "kill -SEGV $$"], "ended without a word"),
        (["/bin/sh", "-c", "echo its poller is gone; kill -ABRT $$"], "its poller is gone"),
    ],
)  # fmt: skip
def test_an_engine_that_ends_at_once_is_quoted(probe: Probe, runtime: Path, command: list[str], words: str) -> None:
    frames = np.zeros((1, 8, 8, 4), np.float32)
    line = probe.render(f"unix:{runtime}/engine.sock", frames, *start_options(*command))[0]
    assert line["code"] == 14
    assert words in line["message"]
    assert f"{runtime}/engine.log" in line["message"]
    assert line["elapsed_ms"] < 3000


def test_an_engine_that_crashes_at_its_start_is_started_once(probe: Probe, runtime: Path) -> None:
    starts = probe.folder / "starts"
    options = start_script(probe.folder, f"echo $$ >> {starts}; kill -SEGV $$")
    lines = probe.render(f"unix:{runtime}/engine.sock", np.zeros((1, 8, 8, 4), np.float32), *options)
    assert [line["code"] for line in lines] == [14]
    assert len(starts.read_text().splitlines()) == 1


@pytest.mark.parametrize("command", ["/no/such/program", "no-such-program", "/etc/passwd"])
def test_a_program_that_cannot_run_is_named(probe: Probe, runtime: Path, command: str) -> None:
    line = probe.info(f"unix:{runtime}/engine.sock", *start_options(command))
    assert line["code"] == 9
    assert command in line["message"]


def test_a_program_that_the_system_will_not_execute_is_named_with_the_reason(probe: Probe, runtime: Path) -> None:
    script = probe.folder / "engine.sh"
    script.write_text("#!/no/such/shell\n")
    script.chmod(0o700)
    line = probe.info(f"unix:{runtime}/engine.sock", *start_options(script))
    assert line["code"] == 9
    assert f"{script}: No such file or directory" in line["message"]


def test_an_engine_that_never_answers_is_given_up(probe: Probe, runtime: Path) -> None:
    script = probe.folder / "sleeper.sh"
    script.write_text("#!/bin/sh\nexec sleep 3\n")
    script.chmod(0o700)
    line = probe.info(f"unix:{runtime}/engine.sock", *start_options(script), "--patience-ms", 400)
    assert line["code"] == 14
    assert "400 ms" in line["message"]


@pytest.mark.parametrize("mode", [0o777, 0o770])
def test_a_runtime_folder_that_others_may_write_is_refused(probe: Probe, mode: int) -> None:
    folder = probe.folder / "shared"
    folder.mkdir()
    folder.chmod(mode)
    line = probe.info("", *start_options(*ENGINE), env={"REELMEND_RUNTIME_DIR": str(folder)})
    assert line["code"] == 9
    assert "may be written by other users" in line["message"]


def test_loopback_addresses_start_an_engine_too(probe: Probe, runtime: Path) -> None:
    starts = start_script(probe.folder, f"echo {runtime} > /dev/null")
    for port in range(50611, 50621):
        line = probe.info(f"127.0.0.1:{port}", *starts, env={"REELMEND_RUNTIME_DIR": str(runtime)})
        if line["status"] == "ok":
            break
    assert line["status"] == "ok", line
    assert (runtime / "start.lock").exists()
    os.kill(line["process_id"], signal.SIGKILL)
