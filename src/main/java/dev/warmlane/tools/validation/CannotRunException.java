package dev.warmlane.tools.validation;

/** Nothing can be measured: no gateway there, no such model, nobody to answer. The message is for the operator. */
final class CannotRunException extends RuntimeException {
    private static final long serialVersionUID = 1;

    CannotRunException(String message) {
        super(message);
    }

    CannotRunException(String message, Throwable cause) {
        super(message, cause);
    }
}
