package dev.warmlane.tools.replay;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.affinity.KeySource;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.tools.replay.load.LoadRequest;
import java.util.SplittableRandom;

/** Gives each request the affinity key that a gateway would find in it. */
final class ReplayKeys {
    private static final String POOL = "replay";

    private final KeySource source;
    private final int addresses;
    private final SplittableRandom random;

    ReplayKeys(KeySource source, int addresses, long seed) {
        this.source = source;
        this.addresses = addresses;
        this.random = new SplittableRandom(seed);
    }

    AffinityKey key(LoadRequest request) {
        PromptBlocks prompt = request.prompt();
        return switch (source) {
            case SESSION, BODY_SESSION -> AffinityKey.of(POOL, source, "session-" + request.session());
            case CLIENT_IP -> AffinityKey.of(POOL, source, "address-" + request.session() % addresses);
            case PROMPT_PREFIX ->
                prompt.length() > 0
                        ? AffinityKey.promptPrefix(prompt.hash(prompt.length() - 1))
                        : AffinityKey.none(random.nextLong());
            case NONE -> AffinityKey.none(random.nextLong());
        };
    }
}
