package dev.warmlane.tools.replay;

import dev.warmlane.tools.WrongArgumentException;
import dev.warmlane.tools.replay.load.AccessLogTrace;
import dev.warmlane.tools.replay.load.AgentsLoad;
import dev.warmlane.tools.replay.load.Load;
import dev.warmlane.tools.replay.load.MooncakeTrace;
import dev.warmlane.tools.replay.load.PoissonLoad.AdaptersLoad;
import dev.warmlane.tools.replay.load.PoissonLoad.SharedPrefixLoad;
import dev.warmlane.tools.replay.load.SessionLoad.MultiTurnLoad;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;

/** Options that say what is sent: a trace, an access log, or a generator and its numbers. */
final class LoadOptions {
    private static final String SHARED_PREFIX = "shared-prefix";
    private static final String MULTI_TURN = "multi-turn";
    private static final String AGENTS = "agents";
    private static final String TRACE = "--trace";
    private static final String ACCESS_LOG = "--access-log";
    private static final String ADAPTERS = "--adapters";

    /** More than any model's context. */
    private static final int MOST_TOKENS = 10_000_000;

    private static final int MOST_EACH = 10_000;

    /** Some gigabytes of them; with more, no heap would do. */
    private static final int MOST_REQUESTS = 10_000_000;

    /** Eleven days. */
    private static final int MOST_SECONDS = 1_000_000;

    private static final double LEAST_RATE = 1e-6;

    /** What an option is for, where it would mean nothing to the other loads. */
    private static final Map<String, List<String>> USES = Map.ofEntries(
            Map.entry("--spread-ticks", List.of(TRACE)),
            Map.entry("--pool", List.of(ACCESS_LOG)),
            Map.entry("--groups", List.of(SHARED_PREFIX)),
            Map.entry("--prompts", List.of(SHARED_PREFIX)),
            Map.entry("--rate", List.of(SHARED_PREFIX, ADAPTERS)),
            Map.entry("--requests", List.of(SHARED_PREFIX, ADAPTERS)),
            Map.entry("--sessions", List.of(MULTI_TURN, AGENTS)),
            Map.entry("--begin-seconds", List.of(AGENTS)),
            Map.entry("--turns", List.of(MULTI_TURN)),
            Map.entry("--think-seconds", List.of(MULTI_TURN)),
            Map.entry("--system-tokens", List.of(SHARED_PREFIX, MULTI_TURN, ADAPTERS)),
            Map.entry("--question-tokens", List.of(SHARED_PREFIX, MULTI_TURN, ADAPTERS)),
            Map.entry("--output-tokens", List.of(SHARED_PREFIX, MULTI_TURN, ADAPTERS)));

    @Option(
            names = TRACE,
            paramLabel = "FILE",
            description =
                    "Requests of a trace: JSON lines with timestamp (ms), input_length, output_length "
                            + "and hash_ids, as the Mooncake project publishes them. Sessions are derived from shared prefixes.")
    private @Nullable Path trace;

    @Option(
            names = "--spread-ticks",
            description =
                    "If a trace's time stamps stand still, spread requests of the same time evenly up to the next.")
    private boolean spreadTicks;

    @Option(
            names = ACCESS_LOG,
            paramLabel = "FILE",
            description = "Requests that the gateway served: what warmlane.access-log.target wrote.")
    private @Nullable Path accessLog;

    @Option(names = "--pool", description = "Pool to replay, if the access log has several.")
    private @Nullable String pool;

    @Option(
            names = "--generate",
            paramLabel = "LOAD",
            description = "Generated requests: shared-prefix (groups of prompts with a common "
                    + "beginning, Poisson arrivals), multi-turn (growing conversations, closed loop) or agents (coding "
                    + "agents: contexts that grow to 150,000 tokens, tool calls, sub-agents; needs large caches).")
    private @Nullable String generate;

    @Option(
            names = ADAPTERS,
            paramLabel = "N",
            description =
                    "Generated requests for N LoRA adapters, >= 1: the r-th most popular gets 1/r of the requests of the first; "
                            + "Poisson arrivals, sessions of one request. Engines have slots for few of them (--adapter-slots).")
    private @Nullable Integer adapters;

    @Option(names = "--groups", description = "shared-prefix: groups, >= 1 (default: 150).")
    private int groups = 150;

    @Option(names = "--prompts", description = "shared-prefix: different prompts a group, >= 1 (default: 5).")
    private int prompts = 5;

    @Option(names = "--rate", description = "shared-prefix, adapters: requests a second, > 0 (default: 6).")
    private double rate = 6;

    @Option(
            names = "--requests",
            description = "shared-prefix, adapters: requests in all, 1..10000000 (default: 6000).")
    private int requests = 6000;

    @Option(
            names = "--sessions",
            description = "multi-turn, agents: sessions, >= 1, at most 10000000 requests in all (default: 100).")
    private int sessions = 100;

    @Option(names = "--begin-seconds", description = "agents: time over which they begin, > 0 (default: 1200).")
    private double beginSeconds = 1200;

    @Option(names = "--turns", description = "multi-turn: turns in each, >= 1 (default: 20).")
    private int turns = 20;

    @Option(names = "--think-seconds", description = "multi-turn: mean pause before a turn, > 0 (default: 10).")
    private double thinkSeconds = 10;

    @Option(names = "--system-tokens", description = "Tokens that prompts share, >= 0 (default: 6000).")
    private int systemTokens = 6000;

    @Option(names = "--question-tokens", description = "Tokens of a question, >= 1 (default: 1200).")
    private int questionTokens = 1200;

    @Option(names = "--output-tokens", description = "Tokens of a response, >= 1 (default: 1000).")
    private int outputTokens = 1000;

    /** Whether no source is given. */
    boolean isEmpty() {
        return trace == null && accessLog == null && generate == null && adapters == null;
    }

    /** Whether requests ask for adapters. */
    boolean hasAdapters() {
        return adapters != null;
    }

    /**
     * The load. Fails as {@link #source} does, and with IllegalArgumentException where its file cannot be read.
     *
     * @param given the options that are given: one that is for other loads alone is refused
     */
    Load read(long seed, ParseResult given) {
        Load.Source source = source(seed);
        String load = trace != null
                ? TRACE
                : accessLog != null ? ACCESS_LOG : adapters != null ? ADAPTERS : String.valueOf(generate);
        for (OptionSpec option : given.matchedOptions()) {
            List<String> uses = USES.get(option.longestName());
            WrongArgumentException.check(
                    uses == null || uses.contains(load),
                    option.longestName(),
                    "given",
                    "not with %s, it is for %s".formatted(load, uses == null ? "" : String.join(", ", uses)));
        }
        try {
            return source.read();
        } catch (CharacterCodingException e) {
            throw unreadable(": not UTF-8", "JSON, one object a line");
        } catch (IOException e) {
            throw unreadable("", "a file that can be read");
        }
    }

    private IllegalArgumentException unreadable(String how, String expected) {
        return trace != null
                ? WrongArgumentException.of("trace", trace + how, expected)
                : WrongArgumentException.of("access log", accessLog + how, expected);
    }

    /** Checks what would be no load but an overflow; what is too small, the loads refuse. */
    private void checkMost() {
        atMost("system tokens", systemTokens, MOST_TOKENS);
        atMost("question tokens", questionTokens, MOST_TOKENS);
        atMost("output tokens", outputTokens, MOST_TOKENS);
        atMost("requests", requests, MOST_REQUESTS);
        atMost("turns", turns, MOST_EACH);
        atMost("sessions", sessions, MOST_REQUESTS / (MULTI_TURN.equals(generate) ? Math.max(1, turns) : 1));
        atMost("groups", groups, MOST_EACH);
        atMost("prompts", prompts, MOST_EACH);
        atMost("begin seconds", beginSeconds, MOST_SECONDS);
        atMost("think seconds", thinkSeconds, MOST_SECONDS);
        WrongArgumentException.check(
                !(rate > 0 && rate < LEAST_RATE), "rate", rate, "at least " + LEAST_RATE + " requests a second");
        if (adapters != null) {
            atMost("adapters", adapters, MOST_EACH);
        }
    }

    private static void atMost(String name, double value, int most) {
        WrongArgumentException.check(value <= most, name, "%.0f".formatted(value), "at most " + most);
    }

    /** @throws IllegalArgumentException if not exactly one source is given, or a number is out of range */
    private Load.Source source(long seed) {
        List<String> given = Stream.of(
                        trace == null ? null : "--trace",
                        accessLog == null ? null : ACCESS_LOG,
                        generate == null ? null : "--generate",
                        adapters == null ? null : ADAPTERS)
                .filter(Objects::nonNull)
                .toList();
        WrongArgumentException.check(
                given.size() == 1,
                "load",
                given.isEmpty() ? "none" : String.join(" and ", given),
                "one of --trace, --access-log, --generate and --adapters");
        checkMost();
        if (trace != null) {
            return new MooncakeTrace(trace, spreadTicks);
        }
        if (accessLog != null) {
            return new AccessLogTrace(accessLog, pool);
        }
        if (adapters != null) {
            return new AdaptersLoad(adapters, systemTokens, questionTokens, outputTokens, rate, requests, seed);
        }
        return switch (String.valueOf(generate)) {
            case SHARED_PREFIX ->
                new SharedPrefixLoad(groups, prompts, systemTokens, questionTokens, outputTokens, rate, requests, seed);
            case MULTI_TURN ->
                new MultiTurnLoad(sessions, turns, systemTokens, questionTokens, outputTokens, thinkSeconds, seed);
            case AGENTS -> new AgentsLoad(sessions, beginSeconds, seed);
            default ->
                throw WrongArgumentException.of(
                        "generate", generate, "%s, %s or %s".formatted(SHARED_PREFIX, MULTI_TURN, AGENTS));
        };
    }
}
