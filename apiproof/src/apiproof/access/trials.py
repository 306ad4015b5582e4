"""What is tried at an operation beside credentials where accounts of the run's own can be made."""

from collections.abc import Iterator

from apiproof.access.account_access import AccountAccessProbe
from apiproof.access.accounts import Accounts
from apiproof.access.bulk_ids import BulkIdsProbe
from apiproof.access.enumeration import EnumerationProbe
from apiproof.access.open_reads import OpenReadProbe
from apiproof.access.options import ProbeOptions
from apiproof.access.prepare import RequestPreparer
from apiproof.access.private_objects import ExportProbe, OpenPartProbe, PrivateObjects
from apiproof.access.privileges import PrivilegeProbe
from apiproof.access.report import Trial
from apiproof.access.tenants import TenantProbe


def trials_with_accounts(
    preparer: RequestPreparer,
    accounts: Accounts,
    options: ProbeOptions,
    objects: PrivateObjects,
) -> Iterator[Trial]:
    """Yield what takes accounts of the run's own, or does no harm to any other.

    That comes after what any user can try: accounts are changed, and some of them spent.

    Args:
        preparer: Of the run.
        accounts: Those that it signed up, and those that were lent.
        options: How far to go.
        objects: Of private lists.
    """
    asked, resets = options.asked, options.resets or options.destructive
    if "ownership_enforced" in asked:
        yield AccountAccessProbe(preparer, accounts)
        yield BulkIdsProbe(preparer, accounts)
        yield TenantProbe(preparer, accounts)
        yield OpenReadProbe(preparer, accounts)
        yield OpenPartProbe(preparer, objects)
        yield ExportProbe(objects)
    if "privileges_enforced" in asked:
        yield PrivilegeProbe(preparer, accounts)
    if asked & {"users_not_enumerable", "logins_limited", "secrets_not_leaked"}:
        yield EnumerationProbe(preparer, accounts, options.login_attempts, resets=resets)
