"""What to do about each code, for the people who meet it."""

from typing import Final

from contracts.codes import CartErrorCode, DeadLetterCode, OrderErrorCode

_CATALOG: Final = "Ask the catalog for items on sale, change the line."

ORDER_ADVICE: Final = {
    OrderErrorCode.PROMOTION_UNKNOWN: "Drop or replace `promotionId`.",
    OrderErrorCode.AVAILABILITY_UNKNOWN: _CATALOG,
    OrderErrorCode.CREATE_ORDER_ERROR: "Check out again later under a new message id.",
    OrderErrorCode.CART_ID_NOT_FOUND: "Make a new cart, or send the cart along.",
    OrderErrorCode.CART_ITEM_ERROR_IN_CREATE_ORDER: "See the error of each line; put it right, ask again.",
    OrderErrorCode.NOT_VALID_INDIRECT_RESELLER_MPN_ID: "Correct `participants`.",
    OrderErrorCode.INVALID_QUANTITY: "Change `quantity`.",
    OrderErrorCode.CATALOG_ITEM_NOT_ELIGIBLE_FOR_PURCHASE: _CATALOG,
    OrderErrorCode.CONDITION_FAILED: (
        "Take `cartVersion` from this answer and the lines from the latest `cart.updated`, or send the whole "
        "cart by `cart.update` with that version. Version 0: there is no such cart; send it whole."
    ),
    OrderErrorCode.CART_CHECK_OUT_NOT_ALLOWED_WHEN_STATUS_IS_ORDERED: (
        "The order stands. Put what is new into a new group or a new cart."
    ),
    OrderErrorCode.BILLING_CYCLE_DIFFERS_FROM_ORDER: "Give its lines different order groups, or none.",
    OrderErrorCode.TERM_DURATION_INVALID: "Change `termDuration`, or that of `renewsTo`.",
    OrderErrorCode.CURRENCY_NOT_SUPPORTED: "Change `currencyCode`, or name one.",
    OrderErrorCode.ATTESTATION_REQUIRED: "Have it accepted: `attestationAccepted` on the line.",
    OrderErrorCode.PARTNER_ATTESTATION_REQUIRED: (
        "Have it accepted: `partnerOnRecordAttestationAccepted` on the cart."
    ),
    OrderErrorCode.CUSTOM_TERM_END_DATE_INVALID: "Change or drop `customTermEndDate`.",
    OrderErrorCode.BILLING_CYCLE_INVALID: "Change `billingCycle`.",
    OrderErrorCode.BILLING_CYCLE_LONGER_THAN_TERM: "Change `billingCycle` or `termDuration`.",
    OrderErrorCode.PROVISIONING_SCOPE_NOT_SUPPORTED: "Change the value in `provisioningContext`.",
    OrderErrorCode.PROVISIONING_VARIABLE_MISSING: "Add it to `provisioningContext`.",
}

LINE_ADVICE: Final = {
    CartErrorCode.CURRENCY_IS_NOT_SUPPORTED: "Change `currencyCode`, or name one.",
    CartErrorCode.CATALOG_ITEM_ID_IS_NOT_VALID: _CATALOG,
    CartErrorCode.PARTICIPANTS_IS_NOT_SUPPORTED_FOR_PARTNER: "Correct `participants`.",
    CartErrorCode.INVALID_INPUT: "Change the member that `errorDescription` speaks of.",
    CartErrorCode.ATTESTATION_NOT_ACCEPTED: "Have it accepted: `attestationAccepted` on the line.",
    CartErrorCode.BILLING_PLAN_NOT_SUPPORTED: "Change `billingCycle`.",
    CartErrorCode.INVALID_PROMOTION_ID: "Drop or replace `promotionId`.",
    CartErrorCode.INVALID_CUSTOM_TERM_END_DATE: "Change or drop `customTermEndDate`.",
    CartErrorCode.BASE_OFFER_SEAT_QUANTITY_NOT_MET: "Buy more seats of the base, or fewer of the add-on.",
    CartErrorCode.ADD_ON_WITHOUT_ITS_BASE: "Put it into the `addonItems` of its base, or buy that first.",
}

_FIX_AND_SEND: Final = "Correct the message; send it under a new message id."
_OPERATIONS: Final = "Wait for operations: a replay may still answer. Do not send it again unchanged."

DEAD_LETTERS: Final = {
    DeadLetterCode.NOT_UTF8: ("the body is not UTF-8", _FIX_AND_SEND),
    DeadLetterCode.NOT_JSON: ("the body is not JSON", _FIX_AND_SEND),
    DeadLetterCode.TOO_LARGE: ("the body has more bytes than are read", "Split the cart."),
    DeadLetterCode.CONTRACT_VIOLATION: ("a member is missing or wrong; see `violations`", _FIX_AND_SEND),
    DeadLetterCode.MESSAGE_ID_REUSED: (
        "the message id came before with other content",
        "Give each request an id of its own; nothing was done.",
    ),
    DeadLetterCode.PROCESS_KILLER: ("three attempts at it never came to an end", _OPERATIONS),
    DeadLetterCode.UNEXPECTED_ERROR: ("the worker failed at it, or the database refuses it", _OPERATIONS),
    DeadLetterCode.UNDECODABLE_FRAME: ("its properties or headers cannot be read", _OPERATIONS),
    DeadLetterCode.DELIVERY_LIMIT: ("the broker gave up delivering it", _OPERATIONS),
    DeadLetterCode.EXPIRED: ("no worker took it within its `expiration`, or the broker's limit", _OPERATIONS),
    DeadLetterCode.REJECTED: ("a consumer that is no worker rejected it", _OPERATIONS),
    DeadLetterCode.MAXLEN: ("its queue was full, by a policy of the broker", _OPERATIONS),
    DeadLetterCode.UNROUTABLE: ("no command has its routing key", "Correct the routing key; send it again."),
}
