"""What the planner keeps, and the shapes of its bodies."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict


@dataclass
class Store:
    """Everything that the planner knows."""

    users: dict[str, str] = field(default_factory=dict)
    disabled: set[str] = field(default_factory=set)
    sessions: dict[str, str] = field(default_factory=dict)
    projects: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    tasks: dict[UUID, dict[str, Any]] = field(default_factory=dict)


class Credentials(BaseModel):
    """Who wants to sign in."""

    username: str
    password: str


class Token(BaseModel):
    """An open session."""

    token: str


class ProjectBody(BaseModel):
    """What a project is called; whatever else is sent is ignored."""

    model_config = ConfigDict(extra="allow")

    name: str


class ProjectChange(BaseModel):
    """What to change; whatever else is sent is ignored."""

    model_config = ConfigDict(extra="allow")

    name: str | None = None


class Project(BaseModel):
    """A project."""

    id: UUID
    name: str


class TaskBody(BaseModel):
    """What is to be done."""

    title: str
    done: bool = False


class Task(TaskBody):
    """A task of a project."""

    id: UUID


class Failure(BaseModel):
    """Why not."""

    detail: str
