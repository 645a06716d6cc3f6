package dev.warmlane.ops.dashboard;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/**
 * Something that is wrong now.
 *
 * @param id its entry in the catalogue
 * @param endpoint the name of the endpoint that has it; null if the pool as a whole has it
 * @param value the number that says so, as people read it; null where there is none
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
public record Problem(
        String id, @Nullable String endpoint, @Nullable String value) {

    static Problem ofPool(String id) {
        return new Problem(id, null, null);
    }

    static Problem ofPool(String id, String value) {
        return new Problem(id, null, value);
    }

    static Problem ofEndpoint(String id, String endpoint) {
        return new Problem(id, endpoint, null);
    }
}
