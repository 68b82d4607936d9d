"""What the database knows, by subject. Verbs are `App`'s; API and pages call them."""

from portico.control.models.app import App
from portico.control.models.build import Build
from portico.control.models.capacity import Capacity
from portico.control.models.card import Favourite, Picture
from portico.control.models.config import ConfigVar
from portico.control.models.deploy import Deploy, Kind
from portico.control.models.device_login import DeviceLogin
from portico.control.models.encryption_key import EncryptionKey
from portico.control.models.event import Event
from portico.control.models.examined_part import ExaminedPart
from portico.control.models.first_link import FirstLink
from portico.control.models.log_drain import LogDrain
from portico.control.models.notice import Delivery, Notice, NoticeKind, NoticeWish
from portico.control.models.old_name import OldName
from portico.control.models.person import Profile
from portico.control.models.plan import PlanClock, PlanRow
from portico.control.models.process import Process
from portico.control.models.provider_group import ProviderGroup
from portico.control.models.release import Release, ReleaseState
from portico.control.models.share import Share
from portico.control.models.signing_key import SigningKey
from portico.control.models.source import Source
from portico.control.models.token import Token
from portico.control.models.visit import Visit
from portico.control.models.webhook import Webhook

__all__ = [
    "App",
    "Build",
    "Capacity",
    "ConfigVar",
    "Delivery",
    "Deploy",
    "DeviceLogin",
    "EncryptionKey",
    "Event",
    "ExaminedPart",
    "Favourite",
    "FirstLink",
    "Kind",
    "LogDrain",
    "Notice",
    "NoticeKind",
    "NoticeWish",
    "OldName",
    "Picture",
    "PlanClock",
    "PlanRow",
    "Process",
    "Profile",
    "ProviderGroup",
    "Release",
    "ReleaseState",
    "Share",
    "SigningKey",
    "Source",
    "Token",
    "Visit",
    "Webhook",
]
