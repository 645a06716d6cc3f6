package dev.warmlane.proxy.outcome;

/** How a request ended for its client. */
public enum Result {
    SUCCESS("2xx"),
    REDIRECTION("3xx"),
    CLIENT_ERROR("4xx"),
    SERVER_ERROR("5xx"),
    /** The client left, at any time before it had the whole response. */
    CANCELLED("cancelled"),
    /** The response broke off after it had begun. */
    FAILED("failed");

    private final String label;

    Result(String label) {
        this.label = label;
    }

    /** The name in metrics, access log and spans. */
    public String label() {
        return label;
    }

    /** The class of the status of a response that the client got whole. */
    static Result ofStatus(int status) {
        if (status < 300) {
            return SUCCESS;
        }
        if (status < 400) {
            return REDIRECTION;
        }
        return status < 500 ? CLIENT_ERROR : SERVER_ERROR;
    }
}
