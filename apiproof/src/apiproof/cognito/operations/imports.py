"""Importing users from a CSV file.

As in the developer guide, "Importing users into user pools from a CSV file".
"""

import csv
import io
from collections.abc import Iterator
from typing import Any

from moto.cognitoidp.models import UserStatus
from moto.core.responses import ActionResult

from apiproof.cognito.errors import CognitoError, JobState, ParameterInvalid, ResourceNotFound
from apiproof.cognito.operations.base import Operation
from apiproof.cognito.pool import Pool
from apiproof.cognito.users import NewUser

_FIRST = ("cognito:username",)
_FLAGS = ("cognito:mfa_enabled",)


def csv_header(pool: Pool) -> list[str]:
    """Give the columns of an import file: username, attributes, whether MFA is on."""
    names = [name for name in pool.schema_attributes if name not in {"sub", "identities"}]
    return [*(name for name in names if not name.startswith("dev:")), *_FLAGS, *_FIRST]


class Imports(Operation):
    """Jobs that import users."""

    def get_csv_header(self) -> ActionResult:
        """Tell the columns."""
        pool = self.pool()
        return ActionResult({"UserPoolId": pool.id, "CSVHeader": csv_header(pool)})

    def create_user_import_job(self) -> ActionResult:
        """Create a job, with the address that its file is sent to."""
        pool = self.pool()
        if self.params.get("PasswordHashingAlgorithm"):
            raise ParameterInvalid("This emulator imports users without password hashes.")
        job_id = f"import-{self.context.new_id()[:10]}"
        pool.import_jobs[job_id] = {
            "JobName": self.params["JobName"],
            "JobId": job_id,
            "UserPoolId": pool.id,
            "PreSignedUrl": f"{self.context.base_url}/_import/{pool.id}/{job_id}",
            "CreationDate": self.context.clock.now(),
            "Status": "Created",
            "CloudWatchLogsRoleArn": self.params["CloudWatchLogsRoleArn"],
            "ImportedUsers": 0,
            "SkippedUsers": 0,
            "FailedUsers": 0,
        }
        return self._shown(pool.import_jobs[job_id])

    def describe_user_import_job(self) -> ActionResult:
        """Show a job."""
        return self._shown(self._job())

    def list_user_import_jobs(self) -> ActionResult:
        """List the newest jobs first."""
        newest_first = list(self.pool().import_jobs.values())[::-1]
        jobs, token = self.page(newest_first, "JobId", "PaginationToken")
        shown = [_without_file(job) for job in jobs]
        return ActionResult({"UserImportJobs": shown, "PaginationToken": token})

    def start_user_import_job(self) -> ActionResult:
        """Import the users of the job's file; it is done at once."""
        job, pool = self._job(), self.pool()
        if job["Status"] != "Created":
            raise JobState(f"The job is {job['Status']}.")
        if "file" not in job:
            raise JobState("No file has been uploaded for the job.")
        job["StartDate"] = job["CompletionDate"] = self.context.clock.now()
        try:
            self._import(pool, job)
        except (KeyError, ValueError) as error:
            job |= {"Status": "Failed", "CompletionMessage": f"The file is unreadable: {error}"}
        else:
            job |= {"Status": "Succeeded", "CompletionMessage": "Import Job Completed Successfully"}
        return self._shown(job)

    def stop_user_import_job(self) -> ActionResult:
        """Stop a job that has not started; others are over already."""
        job = self._job()
        if job["Status"] != "Created":
            raise JobState(f"The job is {job['Status']}.")
        job["Status"] = "Stopped"
        return self._shown(job)

    def _job(self) -> dict[str, Any]:
        job = self.pool().import_jobs.get(self.params["JobId"])
        if job is None:
            raise ResourceNotFound("User import job does not exist.")
        return job

    @staticmethod
    def _shown(job: dict[str, Any]) -> ActionResult:
        return ActionResult({"UserImportJob": _without_file(job)})

    @staticmethod
    def _import(pool: Pool, job: dict[str, Any]) -> None:
        """Create the users of a file: each must set a password before the first sign-in."""
        for new in _rows(pool, job["file"]):
            try:
                pool.create_user(new, UserStatus.RESET_REQUIRED)
            except CognitoError as error:
                taken = error.code == "UsernameExistsException"
                job["SkippedUsers" if taken else "FailedUsers"] += 1
            else:
                job["ImportedUsers"] += 1


def _without_file(job: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in job.items() if name != "file"}


def _rows(pool: Pool, text: str) -> Iterator[NewUser]:
    """Read an import file.

    Raises:
        ValueError: its columns are not those of `csv_header`.
    """
    rows = csv.DictReader(io.StringIO(text))
    if set(rows.fieldnames or ()) != set(csv_header(pool)):
        raise ValueError("its columns are not those of GetCSVHeader")
    for row in rows:
        attributes = {
            name: value for name, value in row.items() if value and name not in {*_FIRST, *_FLAGS}
        }
        yield NewUser(row["cognito:username"], None, attributes)
