"""Commands for accounts and bodies."""

from pathlib import Path
from typing import Annotated

import typer

from docflow.cli.application import app, run
from docflow.cli.options import ActAs, AsJson, Data, PasswordFile

users = typer.Typer(
    help="Accounts: roles, locks, passwords, ends of service.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
bodies = typer.Typer(
    help="The bodies of the installation.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(users, name="users")
app.add_typer(bodies, name="bodies")

User = Annotated[str, typer.Argument(metavar="USER", help="User name.")]
RoleOf = Annotated[str, typer.Argument(metavar="ROLE[:UNIT]", help="As `clerk:11`.")]
Operator = Annotated[
    str | None,
    typer.Option("--as", metavar="NAME", help="Act as this user.  [default: the operator]"),
]


@users.command("list")
def listing(
    closed: Annotated[bool, typer.Option("--closed", help="Closed ones too.")] = False,
    acting_as: Operator = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Name the accounts with their roles of today."""
    run("account_keeping", "listing", data, closed=closed, acting_as=acting_as, as_json=as_json)


@users.command()
def give_role(
    user: User,
    role: RoleOf,
    first: Annotated[str | None, typer.Option("--from", metavar="DAY")] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="DAY")] = None,
    acting_as: Operator = None,
    data: Data = None,
) -> None:
    """Give a role, from a day to a day."""
    run(
        "account_keeping",
        "give_role",
        data,
        user=user,
        role=role,
        first=first,
        last=last,
        acting_as=acting_as,
    )


@users.command()
def take_role(user: User, role: RoleOf, acting_as: Operator = None, data: Data = None) -> None:
    """End a role today."""
    run("account_keeping", "take_role", data, user=user, role=role, acting_as=acting_as)


@users.command()
def lock(user: User, acting_as: Operator = None, data: Data = None) -> None:
    """Lock somebody out at once."""
    run("account_keeping", "lock", data, user=user, acting_as=acting_as)


@users.command()
def unlock(user: User, acting_as: Operator = None, data: Data = None) -> None:
    """Take a lock away."""
    run("account_keeping", "unlock", data, user=user, acting_as=acting_as)


@users.command()
def password(user: User, acting_as: Operator = None, data: Data = None) -> None:
    """Make a password to hand over; it is shown once, and changed at the first login."""
    run("account_keeping", "password", data, user=user, acting_as=acting_as)


@users.command()
def end(
    user: User,
    last_day: Annotated[str, typer.Option(metavar="DAY", help="As 2026-12-31.")],
    work_to: Annotated[
        str, typer.Option(metavar="UNIT[:USER]", help="Who takes over what is open.")
    ] = "",
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """End somebody's service; its open work goes to a unit, or to a person in it."""
    run(
        "account_keeping",
        "end",
        data,
        user=user,
        last_day=last_day,
        work_to=work_to,
        acting_as=acting_as,
    )


@bodies.command("list")
def list_bodies(as_json: AsJson = False, data: Data = None) -> None:
    """Name the bodies."""
    run("account_keeping", "list_bodies", data, as_json=as_json)


@bodies.command()
def create(
    code: Annotated[str, typer.Argument(help="Small Latin letters, digits and dashes.")],
    name: Annotated[str, typer.Option(metavar="NAME", help="Name of the body.")],
    administrator: Annotated[str, typer.Option(metavar="USER", help="Its first administrator.")],
    administrator_name: Annotated[str, typer.Option(metavar="NAME", help="His full name.")],
    secretariat: Annotated[
        str, typer.Option(metavar="NAME", help="Unit where new entries land.")
    ] = "Τμήμα Γραμματείας και Πρωτοκόλλου",
    password_file: PasswordFile = None,
    data: Data = None,
) -> None:
    """Open a body with its secretariat, two books and an administrator of its own."""
    run(
        "account_keeping",
        "create_body",
        data,
        code=code,
        name=name,
        administrator=administrator,
        administrator_name=administrator_name,
        secretariat=secretariat,
        password_file=password_file,
    )


organogram = typer.Typer(
    help="The organogram: its tree, changes from a file.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(organogram, name="organogram")


@organogram.command("show")
def show_tree(
    on: Annotated[str | None, typer.Option(metavar="DAY", help="As it was on this day.")] = None,
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """Print the tree of units with their heads."""
    run("organograms", "show", data, on=on, acting_as=acting_as)


@organogram.command("export")
def export_tree(
    output: Annotated[Path, typer.Option(metavar="FILE", help="Ends in .csv or .json.")],
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """Write all units, those that ended too, as CSV or JSON."""
    run("organograms", "export", data, output=output, acting_as=acting_as)


@organogram.command("import")
def import_tree(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
    carry_out: Annotated[
        bool, typer.Option("--carry-out", help="Do it; without this it is only tried.")
    ] = False,
    on: Annotated[str | None, typer.Option(metavar="DAY", help="Takes effect; today.")] = None,
    authority: Annotated[str, typer.Option(metavar="TEXT", help="The decision, as cited.")] = "",
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """Compare a file with what stands, show what would change, and carry it out if asked."""
    run(
        "organograms",
        "import_file",
        data,
        file=file,
        carry_out=carry_out,
        on=on,
        authority=authority,
        acting_as=acting_as,
    )
