package dev.warmlane.ops.actuator;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;

/** The response of {@code GET /actuator/vllm}. */
@JsonInclude(JsonInclude.Include.ALWAYS)
public record VllmStatus(List<PoolStatus> pools) {
    public VllmStatus {
        pools = List.copyOf(pools);
    }
}
