package dev.warmlane.tools.validation;

import dev.warmlane.tools.Distribution;
import dev.warmlane.tools.validation.Talk.PossibleHits;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Arithmetic over the responses of all sessions. Immutable.
 *
 * @param sessions the responses of each, in order
 */
record Summary(List<List<Chat.Response>> sessions) {

    /** Responses by the name of the pod that gave them. */
    Map<String, Long> requestsByPod() {
        Map<String, Long> requests = new LinkedHashMap<>();
        complete()
                .map(Chat.Response::endpoint)
                .filter(Objects::nonNull)
                .forEach(pod -> requests.merge(pod, 1L, Long::sum));
        return requests;
    }

    /** How often requests failed, by reason. */
    Map<String, Long> failures() {
        Map<String, Long> failures = new TreeMap<>();
        sessions.stream()
                .flatMap(List::stream)
                .map(Chat.Response::failure)
                .filter(Objects::nonNull)
                .forEach(failure -> failures.merge(failure, 1L, Long::sum));
        return failures;
    }

    long promptTokens() {
        return complete().mapToLong(Chat.Response::promptTokens).sum();
    }

    /** The hit ratio as the responses themselves tell it, in [0, 1]; null if none does. */
    @Nullable
    Double toldHitRatio() {
        List<Long> told = complete()
                .map(Chat.Response::cachedTokens)
                .filter(Objects::nonNull)
                .toList();
        return told.isEmpty()
                ? null
                : (double) told.stream().mapToLong(Long::longValue).sum() / promptTokens();
    }

    /**
     * The numbers of the run.
     *
     * @param hitRatio as it was found out
     * @param podsAtFirst how many took requests when the run began
     * @param podsAtLast how many did when it ended
     */
    Report.Measures measures(
            Talk talk,
            int blockSizeTokens,
            @Nullable Double hitRatio,
            List<Report.Pod> pods,
            List<String> ids,
            int podsAtFirst,
            int podsAtLast) {
        return new Report.Measures(
                hitRatio,
                possibleHitRatio(talk, blockSizeTokens),
                stickiness(),
                imbalance(talk.sessions, podsAtFirst),
                sessions.stream().mapToInt(List::size).sum(),
                failures().values().stream().mapToInt(Long::intValue).sum(),
                ttft(sessions.stream().flatMap(responses -> responses.stream().limit(1))),
                ttft(sessions.stream().flatMap(responses -> responses.stream().skip(1))),
                ids,
                pods,
                podsAtFirst,
                podsAtLast);
    }

    private @Nullable Double possibleHitRatio(Talk talk, int blockSizeTokens) {
        long hits = 0;
        long prompts = 0;
        for (List<Chat.Response> responses : sessions) {
            PossibleHits possible = new PossibleHits(talk, blockSizeTokens);
            responses.stream()
                    .filter(response -> response.failure() == null)
                    .forEach(response -> possible.add(response.promptTokens(), response.outputTokens()));
            hits += possible.hits();
            prompts += possible.prompts();
        }
        return prompts == 0 ? null : (double) hits / prompts;
    }

    private @Nullable Double stickiness() {
        int later = 0;
        int stayed = 0;
        for (List<Chat.Response> responses : sessions) {
            for (int turn = 1; turn < responses.size(); turn++) {
                String here = responses.get(turn).endpoint();
                if (responses.get(turn).failure() == null) {
                    later++;
                    stayed +=
                            here != null && here.equals(responses.get(turn - 1).endpoint()) ? 1 : 0;
                }
            }
        }
        return later == 0 ? null : (double) stayed / later;
    }

    /** Sessions are dealt out whole: with five of them on four pods, one pod has two at the best. */
    private @Nullable Double imbalance(int count, int selectablePods) {
        Map<String, Long> requests = requestsByPod();
        long all = requests.values().stream().mapToLong(Long::longValue).sum();
        long most = requests.values().stream().mapToLong(Long::longValue).max().orElse(0);
        double evenSessions = Math.ceil((double) count / Math.max(selectablePods, requests.size()));
        return all == 0 ? null : Math.max(1, most * count / (evenSessions * all));
    }

    private static @Nullable Distribution ttft(Stream<Chat.Response> responses) {
        double[] seconds = responses
                .map(Chat.Response::ttftSeconds)
                .filter(Objects::nonNull)
                .mapToDouble(Double::doubleValue)
                .toArray();
        return seconds.length == 0 ? null : Distribution.of(seconds);
    }

    private Stream<Chat.Response> complete() {
        return sessions.stream().flatMap(List::stream).filter(response -> response.failure() == null);
    }
}
