"""What the person who started the shop reads when it is open, in both languages."""

from pathlib import Path

from ecomsite.running.address import Address


def banner(address: Address, folder: Path, *, seconds: float) -> str:
    lines = [
        "",
        f"  The shop is open    店铺已开张   {address.url}",
        f"  Back office         管理后台     {address.url}admin/",
        *_logins(folder / "staff-login.txt"),
        f"  Logs                日志         {folder / 'log'}",
        "",
        f"  Ready after {seconds:.1f} s; Ctrl-C stops everything. 用时 {seconds:.1f} 秒；"
        "按 Ctrl-C 全部停止。",
        "",
    ]
    return "\n".join(lines)


def _logins(path: Path) -> list[str]:
    """The staff logins that the demo shop was made with; none once the owner removed the file."""
    try:
        rows = [line.split(maxsplit=2) for line in path.read_text().splitlines() if line.strip()]
    except FileNotFoundError:
        return [
            "  Staff login         员工账号     make one with: "
            ".venv/bin/python manage.py createsuperuser"
        ]
    lines = []
    for number, (username, password, *role) in enumerate(rows):
        title = "Staff login         员工账号    " if number == 0 else " " * 32
        lines.append(f"  {title} {username:<10} {password:<18} {' '.join(role)}".rstrip())
    return lines
