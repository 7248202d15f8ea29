"""`darkstore powercut` and `powertest`: power cuts, enumerated here and pulled by hand on a device."""

from pathlib import Path
from typing import Annotated

import typer

from edge.cli_errors import CommandFailed, Exit

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
powertest = typer.Typer(
    help="Accept a device model: pull its plug, and see whether it kept what it had confirmed.",
    no_args_is_help=True,
)
DataOption = Annotated[
    Path,
    typer.Option("--data", help="A folder on the disk that is tested, for tests alone.", file_okay=False),
]
WitnessOption = Annotated[str, typer.Option("--witness", help="HOST:PORT of the second machine.")]
SecretOption = Annotated[
    Path | None,
    typer.Option("--secret-file", help="A file with a secret that both machines have.", dir_okay=False),
]
WITNESS_PORT = 8324
LOOPBACK = ("127.0.0.1", "::1", "localhost")
SHORTEST_SECRET = 16  # bytes

WEAKENINGS = ("none", "synchronous", "directory")


def register(parent: typer.Typer) -> None:
    """Put the commands under `darkstore`."""
    parent.command("powercut")(powercut)
    parent.add_typer(powertest, name="powertest")


def powercut(
    states: Annotated[
        int, typer.Option(min=1, max=10_000_000, help="How many distinct states are opened.")
    ] = 5000,
    seed: Annotated[int, typer.Option(min=0, help="Chooses the states of a recording.")] = 7,
    returns: Annotated[int, typer.Option(min=1, max=14, help="How many returns are recorded.")] = 14,
    whole: Annotated[
        int, typer.Option(min=0, max=100, help="How many states are started as a whole process too.")
    ] = 4,
    weaken: Annotated[
        str, typer.Option(help="Take a safeguard away to see it fail: synchronous or directory.")
    ] = "none",
    as_json: JsonOption = False,
    recording: Annotated[
        Path | None, typer.Option("--from", help="Use this recording.", exists=True, file_okay=False)
    ] = None,
    keep: Annotated[
        Path | None, typer.Option("--record", help="Keep the recording in this new folder.", file_okay=False)
    ] = None,
) -> None:
    """Record what a station does to its disk, and open every state that a power cut may have left.

    Status 0 only if no state breaks the promise. Needs Debian's strace.
    """
    from edge.lab.powercut.run import PowercutOptions, run_powercut

    if weaken not in WEAKENINGS:
        raise CommandFailed(f"--weaken {weaken}: it is one of {', '.join(WEAKENINGS)}.", Exit.USAGE)
    if recording is not None and (keep is not None or weaken != "none"):
        raise CommandFailed("--from uses a recording as it is; leave --record and --weaken away.", Exit.USAGE)
    if keep is not None and keep.exists() and any(keep.iterdir()):
        raise CommandFailed(f"{keep} is not empty; give a new folder.", Exit.USAGE)
    options = PowercutOptions(
        states=states,
        seed=seed,
        returns=returns,
        whole=whole,
        weaken=weaken,
        as_json=as_json,
        recording=recording,
        keep=keep,
    )
    good = run_powercut(options)
    raise typer.Exit(Exit.OK if good else Exit.CHECK_FAILED)


@powertest.command("witness")
def powertest_witness(
    file: Annotated[Path, typer.Option(help="Where confirmations are written; one file a device.")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on.")] = WITNESS_PORT,
    host: Annotated[str, typer.Option(help="Address to listen on; other than loopback needs a secret.")] = (
        LOOPBACK[0]
    ),
    secret_file: SecretOption = None,
) -> None:
    """On the second machine: write down what the device says it has confirmed, until Ctrl-C."""
    import signal
    import threading

    from edge.lab.powertest.witness import Witness, WitnessBook

    secret = _secret(secret_file)
    if host not in LOOPBACK and not secret:
        raise CommandFailed(
            f"--host {host} opens the witness to the network: give --secret-file.", Exit.USAGE
        )
    try:
        server = Witness((host, port), WitnessBook(file), secret)
    except OSError as error:
        raise CommandFailed(
            f"{host}:{port} or {file} can't be used: {error.strerror}.", Exit.NOT_NOW
        ) from error
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    serving = threading.Thread(target=server.serve_forever, name="witness")
    serving.start()
    typer.echo(f"Witness on {host}:{server.port}, writing {file}; Ctrl-C ends it.")
    stop.wait()
    server.shutdown()
    serving.join()
    server.server_close()
    server.book.close()


@powertest.command("write")
def powertest_write(
    data: DataOption,
    witness: WitnessOption,
    commits: Annotated[int, typer.Option(min=0, help="Stop after so many; 0 goes on until the cut.")] = 0,
    per_second: Annotated[float, typer.Option(min=0.1, max=10_000, help="Commits a second at most.")] = 10.0,
    picture_kb: Annotated[int, typer.Option(min=1, max=10_000, help="Size of each picture.")] = 200,
    secret_file: SecretOption = None,
) -> None:
    """On the device: commit as a station does, tell the witness of each confirmed commit. Pull the plug."""
    from rich.progress import Progress, TextColumn, TimeElapsedColumn

    from edge.cli_errors import console
    from edge.lab.powertest.folder import TestFolder
    from edge.lab.powertest.witness_line import WitnessLine
    from edge.lab.powertest.writing import write_commits

    with (
        WitnessLine(_address(witness), _secret(secret_file)) as line,
        Progress(TextColumn("{task.description}"), TimeElapsedColumn(), console=console) as progress,
    ):
        task = progress.add_task("Nothing witnessed yet")
        done = write_commits(
            TestFolder(data),
            line,
            commits=commits or None,
            per_second=per_second,
            picture_kb=picture_kb,
            on_confirmed=lambda number: progress.update(
                task, description=f"{number} commits confirmed and witnessed: pull the plug whenever you like"
            ),
        )
    typer.echo(f"{done} commits were confirmed and witnessed. Now: darkstore powertest verify --data {data}")


@powertest.command("verify")
def powertest_verify(
    data: DataOption,
    witness: Annotated[str | None, typer.Option("--witness", help="HOST:PORT of the second machine.")] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", help="The witness's file, copied here.", exists=True, dir_okay=False),
    ] = None,
    secret_file: SecretOption = None,
    as_json: JsonOption = False,
) -> None:
    """On the device, when the power is back: what did it keep of all that it had confirmed?

    Status 0 only if everything is there, byte for byte, and something was witnessed at all.
    """
    from edge.lab.powertest.confirmations import read_lines
    from edge.lab.powertest.folder import TestFolder
    from edge.lab.powertest.report import print_verdict, to_json
    from edge.lab.powertest.verifying import verify
    from edge.lab.powertest.witness_line import WitnessLine

    if (witness is None) == (file is None):
        raise CommandFailed("Give the witness's address (--witness) or its file (--file).", Exit.USAGE)
    if witness is not None:
        with WitnessLine(_address(witness), _secret(secret_file), want="read") as line:
            heard = line.read_all()
    else:
        heard = read_lines(file.read_bytes() if file is not None else b"")
    verdict = verify(TestFolder(data), heard)
    if as_json:
        typer.echo(to_json(verdict))
    else:
        print_verdict(verdict)
    raise typer.Exit(Exit.OK if verdict.good else Exit.CHECK_FAILED)


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon:
        host, port = text, str(WITNESS_PORT)
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise CommandFailed(f"--witness {text}: write it as HOST:PORT.", Exit.USAGE)
    return host.strip("[]"), int(port)


def _secret(file: Path | None) -> bytes:
    if file is None:
        return b""
    try:
        secret = file.read_bytes().strip()
    except OSError as error:
        raise CommandFailed(f"--secret-file {file} can't be read: {error.strerror}.", Exit.USAGE) from error
    if len(secret) < SHORTEST_SECRET:
        raise CommandFailed(
            f"--secret-file {file}: a secret has at least {SHORTEST_SECRET} bytes.", Exit.USAGE
        )
    return secret
