"""`python -m tonearm_cli` is `tonearm`."""

from tonearm_cli.main import run

if __name__ == "__main__":
    run()
