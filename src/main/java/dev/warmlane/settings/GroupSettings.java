package dev.warmlane.settings;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What the members of a group may do.
 *
 * @param name as the token lists it; also in metrics and logs
 * @param tenant the tenant that they are; absent: what their token says
 * @param models the models they may use; empty: all
 * @param requestsPerMinute requests each may send in a minute; 0: any number
 * @param tokensPerMinute tokens each may take in a minute; 0: any number
 * @param priority their place in a queue, lower is earlier
 */
public record GroupSettings(
        String name,
        @Nullable String tenant,
        @DefaultValue List<String> models,
        @DefaultValue("0") long requestsPerMinute,
        @DefaultValue("0") long tokensPerMinute,
        @DefaultValue("0") int priority) {

    void check(String key) {
        if (name == null || name.isBlank()) {
            throw new InvalidSettingException(key + ".name", name, "the name of a group");
        }
        Check.atLeast(key + ".requests-per-minute", requestsPerMinute, 0);
        Check.atLeast(key + ".tokens-per-minute", tokensPerMinute, 0);
    }
}
