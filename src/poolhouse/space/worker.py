"""Worker: the program that a pool starts to call declared functions, one job at a time. It knows no database, no loop.

It has one socket, and ends when that does or its parent does. A job's commit and result go back in one frame.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import importlib.util
import os
import signal
import socket
import sys
from typing import TYPE_CHECKING, Any

from poolhouse.errors import NotAnEntryError, SpaceError
from poolhouse.space import frames
from poolhouse.space.confine import confine, die_with_parent
from poolhouse.space.declared import declarations_of
from poolhouse.space.entries import kind_of
from poolhouse.space.handed import Handed
from poolhouse.space.limits import JobLimits
from poolhouse.space.remote import CalledOffError, RemoteSpace, prepare, reason_of, use

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import ModuleType

    from poolhouse.space.declared import Declaration


class _Hangup(BaseException):
    """The pool is gone: nobody is left to work for."""


class Worker:
    """Does jobs, as `declarations` say, until the pool hangs up."""

    def __init__(self, link: socket.socket, declarations: dict[str, Declaration], limits: JobLimits) -> None:
        self.handed = Handed(self.ask)
        self._link = link
        self._declarations = declarations
        self._limits = limits
        self._job_id = 0
        self._is_asking = False
        self._is_running = False
        self._is_called_off = False
        self._is_told = False
        use(RemoteSpace(self))

    def serve(self) -> None:
        """Do one job after another."""
        is_last = False
        while not is_last:
            frame, descriptors = _receive(self._link)
            if isinstance(frame, frames.Job):  # a CallOff that came too late is nothing
                is_last = self._do(frame, descriptors)

    def ask(self, frame: frames.FromWorker) -> frames.ToWorker:
        """As `Asking.ask`."""
        self._is_asking = True
        try:
            self._send(frame)
            answer, descriptors = _receive(self._link)
            while isinstance(answer, frames.CallOff):
                self._hear(answer)
                answer, descriptors = _receive(self._link)
        finally:
            self._is_asking = False
        if self._is_told:
            raise CalledOffError
        if isinstance(answer, frames.Refused):
            raise CalledOffError if self._is_called_off else SpaceError(answer.reason)
        if isinstance(answer, frames.Job):
            self.handed.receive(answer.blocks, descriptors)
        elif isinstance(answer, frames.Granted):
            self.handed.receive((answer.block,), descriptors)
        return answer

    def is_called_off(self) -> bool:
        """As `Asking.is_called_off`."""
        while not self._is_called_off:
            try:
                frame, _ = _receive(self._link, socket.MSG_DONTWAIT)
            except BlockingIOError:
                break
            self._hear(frame)
        return self._is_called_off

    def terminate(self, *_: object) -> None:
        """SIGTERM: end the function that runs, and keep the process. The handler runs between two bytecodes."""
        if self._is_running:
            self._is_called_off = self._is_told = True
            if not self._is_asking:  # else once the answer is there, or the next would be taken for it
                raise CalledOffError

    def _hear(self, frame: frames.ToWorker) -> None:
        if isinstance(frame, frames.CallOff) and frame.id == self._job_id:
            self._is_called_off = True

    def _do(self, job: frames.Job, descriptors: list[int]) -> bool:
        self._job_id = job.id
        self._is_called_off = self._is_told = False
        outcome = self._outcome(job, descriptors, is_last=self._limits.is_worn_out)
        self.handed.take_away()
        self._send(outcome)
        return outcome.is_last

    def _outcome(
        self, job: frames.Job, descriptors: list[int], *, is_last: bool
    ) -> frames.Done | frames.Failed:
        """Call the function, and say what came of it."""
        declaration = self._declarations.get(job.kind)
        if declaration is None:
            return frames.Failed(job.id, f"{job.kind} is not declared")
        try:
            self._limits.begin(declaration.limits)
            self.handed.receive(job.blocks, descriptors)
            arguments = declaration.arguments(job.body)
            self._is_running = True
            result = declaration.function(*arguments)
            self._is_running = False
            return _done(job.id, declaration, result, is_last=is_last)
        except MemoryError:
            return frames.Failed(job.id, declaration.limits.too_much_memory(), is_last=True)
        except Exception as error:  # noqa: BLE001 - whatever a function raises is the job's failure
            return frames.Failed(job.id, reason_of(error) or "it was called off", is_last=is_last)
        finally:
            self._is_running = False

    def _send(self, frame: frames.FromWorker) -> None:
        self._link.send(frames.encode_frame(frame))


def main() -> None:
    """Be a worker on the socket whose descriptor is the first argument, for the parent whose pid is the second."""
    link = socket.socket(fileno=int(sys.argv[1]))
    die_with_parent(int(sys.argv[2]))
    try:
        setup, _ = _receive(link)
        assert isinstance(setup, frames.Setup)
        worker = _set_up(link, setup)
        if worker is not None:
            worker.serve()
    except (_Hangup, BrokenPipeError, ConnectionResetError):
        pass
    os._exit(0)  # nothing is left to do, and interpreters take their time to end


def _set_up(link: socket.socket, setup: frames.Setup) -> Worker | None:
    try:
        with contextlib.suppress(OSError):  # not everybody may
            os.nice(setup.niceness)
            # or whoever sends it a job is put off the processor by the worker that wakes (sched(7)), nice or not
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
        sys.path += setup.paths
        declarations = dict(_declarations(setup.modules))
        for name in setup.preload:
            importlib.import_module(name)
        limits = JobLimits(setup.most)
        unconfined = confine(network=setup.network, files=setup.files)
    except Exception as error:  # noqa: BLE001 - whatever a module raises, the pool shall read it
        link.send(frames.encode_frame(frames.Unfit(str(reason_of(error)))))
        return None
    worker = Worker(link, declarations, limits)
    signal.signal(signal.SIGTERM, worker.terminate)
    gc.collect()
    gc.freeze()
    link.send(frames.encode_frame(frames.Ready(unconfined)))
    return worker


def _declarations(modules: Iterable[tuple[str, str | None]]) -> Iterable[tuple[str, Declaration]]:
    for name, file in modules:
        module = importlib.import_module(name) if file is None else _load(file)
        yield from declarations_of(module, name)


def _load(file: str) -> ModuleType:
    """The program that the parent runs as `__main__`, as a module, so that only its functions are made."""
    spec = importlib.util.spec_from_file_location("__worker_main__", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _done(job_id: int, declaration: Declaration, result: Any, *, is_last: bool) -> frames.Done:
    """What a function returned, as its job's commit. Raises SpaceError where it may not return that."""
    results: tuple[Any, ...]
    if declaration.takes is None:
        results = (result,)
    elif result is None:
        results = ()
    else:
        results = result if isinstance(result, tuple) else (result,)
    for each in results:
        if kind_of(type(each)) not in declaration.gives:
            raise NotAnEntryError(f"it returned {type(each).__qualname__}, which it does not declare")
    sent = tuple(map(prepare, results))
    done = (
        frames.Done(job_id, sent, None, is_last)
        if declaration.takes
        else frames.Done(job_id, (), sent[0], is_last)
    )
    if sum(len(each.body) for each in sent) > frames.BODY_BYTES:
        raise SpaceError("it returned too much for one frame: put what is large in a block")
    return done


def _receive(link: socket.socket, flags: int = 0) -> tuple[frames.ToWorker, list[int]]:
    packet, descriptors = frames.receive(link, flags)
    if not packet:
        raise _Hangup
    return frames.decode_to_worker(packet), descriptors
