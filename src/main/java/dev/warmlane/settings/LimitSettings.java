package dev.warmlane.settings;

import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * What one client may send.
 *
 * @param body the largest request body; past it 413
 * @param headers the request's headers together; past it 431
 */
public record LimitSettings(
        @DefaultValue("32MB") DataSize body,
        @DefaultValue("64KB") DataSize headers) {

    public LimitSettings {
        Check.positive("warmlane.limits.body", body);
        Check.positive("warmlane.limits.headers", headers);
        if (body.toBytes() > Integer.MAX_VALUE - 8) {
            throw new InvalidSettingException("warmlane.limits.body", body, "less than 2GB");
        }
    }
}
