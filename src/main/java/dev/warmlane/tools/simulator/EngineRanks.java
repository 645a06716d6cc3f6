package dev.warmlane.tools.simulator;

import dev.warmlane.tools.simulator.engine.EngineStats;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The engines of one server, one for each data-parallel rank, and vLLM's own balancer over them. Confined to the server's event
 * loop.
 */
final class EngineRanks {
    /** An engine and what its requests were like. */
    record Rank(EngineDriver driver, MetricsPage.RequestHistograms metrics) {}

    private final Supplier<Rank> newRank;
    private List<Rank> ranks = List.of();

    EngineRanks(int number, Supplier<Rank> newRank) {
        this.newRank = newRank;
        scale(number);
    }

    /** Sets the number of ranks: those that stay keep their caches, those that go finish what they have. */
    void scale(int number) {
        List<Rank> scaled = new ArrayList<>(ranks.subList(0, Math.min(number, ranks.size())));
        while (scaled.size() < number) {
            scaled.add(newRank.get());
        }
        ranks = List.copyOf(scaled);
    }

    List<Rank> all() {
        return ranks;
    }

    /** The first, from which to read what all engines have alike. */
    EngineDriver first() {
        return ranks.get(0).driver();
    }

    void each(Consumer<EngineDriver> action) {
        ranks.forEach(rank -> action.accept(rank.driver()));
    }

    /**
     * The engine for a request: the one that its header names, else the one with the least to do, as in vLLM. A header that is no
     * number is ignored.
     *
     * @throws ApiException if the header names none
     */
    Rank choose(@Nullable String header) {
        if (header == null || !header.matches("-?[0-9]{1,9}")) {
            return ranks.stream()
                    .min(Comparator.comparingInt(rank -> {
                        EngineStats stats = rank.driver().stats();
                        return 4 * stats.waiting() + stats.running();
                    }))
                    .orElseThrow();
        }
        int number = Integer.parseInt(header);
        if (number < 0 || number >= ranks.size()) {
            throw ApiException.badRequest(
                    "data_parallel_rank %d is out of range [0, %d).".formatted(number, ranks.size()), null);
        }
        return ranks.get(number);
    }

    /** Sums over all engines; of the cache usage, the highest. */
    EngineStats stats() {
        return ranks.stream()
                .map(rank -> rank.driver().stats())
                .reduce(EngineStats::plus)
                .orElseThrow();
    }
}
