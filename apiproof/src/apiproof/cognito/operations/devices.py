"""The operations on devices (developer guide, "Working with user devices in your user pool")."""

from moto.core.responses import ActionResult

from apiproof.cognito.errors import ParameterInvalid, ResourceNotFound
from apiproof.cognito.operations.base import Operation
from apiproof.cognito.pool import Pool
from apiproof.cognito.users import User

_MOST = 60  # API reference, ListDevices


class Devices(Operation):
    """Confirming, remembering and forgetting devices."""

    def _of_caller(self) -> tuple[Pool, User]:
        if not self.params.get("AccessToken"):
            raise ParameterInvalid("AccessToken is required.")
        return self._tracked(*self.user_from_access_token())

    def _of_named_user(self) -> tuple[Pool, User]:
        return self._tracked(*self.pool_and_user())

    @staticmethod
    def _tracked(pool: Pool, user: User) -> tuple[Pool, User]:
        if not pool.devices.are_tracked:
            raise ParameterInvalid("Device tracking is not enabled for the user pool.")
        return pool, user

    def confirm_device(self) -> ActionResult:
        """Confirm the device of a sign-in, with the verifier of its password."""
        pool, user = self._of_caller()
        try:
            device = user.devices.find(self.params["DeviceKey"], confirmed=False)
        except ResourceNotFound as error:  # captured in boto3#4059 and amplify-js#2087
            raise ParameterInvalid("Invalid device key given.") from error
        config = self.params.get("DeviceSecretVerifierConfig") or {}
        device.confirm(config, self.params.get("DeviceName") or "", self.context.clock.now())
        on_prompt = pool.devices.on_prompt
        device.is_remembered = not on_prompt
        return ActionResult({"UserConfirmationNecessary": on_prompt})

    def update_device_status(self) -> ActionResult:
        """Remember one of the caller's devices, or don't."""
        return self._remember(*self._of_caller())

    def admin_update_device_status(self) -> ActionResult:
        """Remember one of a user's devices, or don't."""
        return self._remember(*self._of_named_user())

    def _remember(self, _: Pool, user: User) -> ActionResult:
        device = user.devices.find(self.params["DeviceKey"])
        device.is_remembered = self.params.get("DeviceRememberedStatus") == "remembered"
        device.modified = self.context.clock.now()
        return ActionResult({})

    def get_device(self) -> ActionResult:
        """Show one of the caller's devices."""
        return self._device(self._of_caller()[1])

    def admin_get_device(self) -> ActionResult:
        """Show one of a user's devices."""
        return self._device(self._of_named_user()[1])

    def _device(self, user: User) -> ActionResult:
        return ActionResult({"Device": user.devices.find(self.params["DeviceKey"]).to_json()})

    def list_devices(self) -> ActionResult:
        """List the caller's devices."""
        return self._page_of_devices(self._of_caller()[1])

    def admin_list_devices(self) -> ActionResult:
        """List a user's devices."""
        return self._page_of_devices(self._of_named_user()[1])

    def _page_of_devices(self, user: User) -> ActionResult:
        """Give a page; the token of the next one is the key of the last device."""
        devices = user.devices.listed()
        token = self.params.get("PaginationToken")
        keys = [device.key for device in devices]
        if token is not None and token not in keys:
            raise ParameterInvalid("Invalid pagination token.")
        begin = keys.index(token) + 1 if token is not None else 0
        limit = self.params.get("Limit")
        page = devices[begin : begin + (_MOST if limit is None else limit)]
        answer: dict[str, object] = {"Devices": [device.to_json() for device in page]}
        if page and page[-1] is not devices[-1]:
            answer["PaginationToken"] = page[-1].key
        return ActionResult(answer)

    def forget_device(self) -> ActionResult:
        """Forget one of the caller's devices."""
        self._of_caller()[1].devices.forget(self.params["DeviceKey"])
        return ActionResult({})

    def admin_forget_device(self) -> ActionResult:
        """Forget one of a user's devices."""
        self._of_named_user()[1].devices.forget(self.params["DeviceKey"])
        return ActionResult({})
