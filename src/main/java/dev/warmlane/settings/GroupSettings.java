package dev.warmlane.settings;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationPropertiesSource;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What the members of a group may do.
 *
 * @param name Name of the group, required, as in warmlane.auth.oidc.group-claim. It also appears in metrics and logs.
 * @param tenant Tenant that the members belong to. Absent: as their token says.
 * @param models Models that the members may use. Empty: all.
 * @param requestsPerMinute Requests a minute for each member. 0: no limit.
 * @param tokensPerMinute Tokens a minute, prompt and generated, for each member. 0: no limit.
 * @param priority Priority in the queue: lower goes first.
 */
@ConfigurationPropertiesSource
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
