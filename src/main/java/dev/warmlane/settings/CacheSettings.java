package dev.warmlane.settings;

import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What other sizes of caches would bring, and where hits are lost.
 *
 * @param watch Which prompts tell it: those that the routing policy reads anyway, all, or none.
 */
public record CacheSettings(@DefaultValue("routed") Watch watch) {

    /** Which prompts are looked at. */
    public enum Watch {
        /** Those that are read to route them. */
        ROUTED,
        /** All, even if routing does not need them; reading them costs. */
        ALL,
        /** None. */
        OFF
    }
}
