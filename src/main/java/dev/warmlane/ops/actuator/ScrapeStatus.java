package dev.warmlane.ops.actuator;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/**
 * How fresh an endpoint's numbers are.
 *
 * @param ageMillis since the last scrape that succeeded; null if none has
 * @param error why the last one failed; null if it did not
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
public record ScrapeStatus(
        @Nullable Long ageMillis, @Nullable String error) {}
