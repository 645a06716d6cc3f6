package dev.warmlane.proxy.outcome;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.proxy.outcome.AccessRecord.End;
import dev.warmlane.proxy.outcome.AccessRecord.LoggedPrompt;
import dev.warmlane.proxy.outcome.AccessRecord.Received;
import dev.warmlane.proxy.outcome.AccessRecord.Response;
import dev.warmlane.proxy.outcome.AccessRecord.Routing;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Records to log. */
final class Records {
    private static final long MORNING = 1_770_000_000_123L;

    private Records() {}

    static AccessRecord served(AffinityKey key) {
        // Ten blocks of 256 bytes: one and a quarter of those that are logged.
        PromptBlocks prompt = PromptBlocks.of(new long[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 256, 2600);
        return new AccessRecord(
                MORNING,
                "id-1",
                new End("2xx", 200, null),
                new Received(
                        "team-a",
                        "generation",
                        "default",
                        "m",
                        null,
                        null,
                        LoggedPrompt.of(prompt),
                        key,
                        new Routing(
                                "vllm-0",
                                "session",
                                "bound",
                                List.of(new AccessRecord.Failed("vllm-1", "connect")),
                                1,
                                512,
                                87_654),
                        new Response(650L, 20L, 512L, 12_345_678L),
                        45_000_000L));
    }

    static AccessRecord served() {
        return served(AffinityKey.of("default", KeySource.SESSION, "conversation 7"));
    }

    static AccessRecord refused(String requestId, @Nullable Integer status) {
        return new AccessRecord(
                MORNING,
                requestId,
                new End(status == null ? "cancelled" : "4xx", status, null),
                new Received(null, null, null, null, null, null, null, null, null, Response.NONE, 0));
    }
}
