package dev.warmlane.proxy.access;

/**
 * Who sent a request. An attribute of the exchange from the moment that the client is known. Immutable.
 *
 * @param name what the settings call it: the key's name, or the group of the token's bearer; fit for logs and metrics
 * @param client whom limits are counted for and queues are fair to; can name a person, so it is never shown
 * @param tenant whose cache and sessions it shares; never shown either
 * @param allowance what it may do
 */
public record Identity(String name, String client, String tenant, Allowance allowance) {
    /** The name of the exchange attribute; absent while nobody is asked who they are. */
    public static final String ATTRIBUTE = Identity.class.getName();

    /** The name alone. */
    @Override
    public String toString() {
        return "Identity[" + name + "]";
    }
}
