package dev.warmlane.core.endpoint;

import java.net.URI;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One vLLM server, or one of its data-parallel ranks: each has a KV cache of its own, and all share the address. Immutable.
 *
 * @param id what identifies it for as long as its cache lives
 * @param name what people call it: the pod's name, or {@code host:port} and the path, if it has one; of a rank, that of the
 *     server followed by {@code #} and the number
 * @param uri scheme, host and port, and what comes before the paths of requests, if anything
 * @param state whether it may receive requests
 * @param loadShare the part of an equal load that it may take, in (0, 1]; less than 1 only while it is starting
 * @param role which part of requests it computes
 */
public record Endpoint(EndpointId id, String name, URI uri, EndpointState state, double loadShare, Role role) {

    /** An endpoint that may take all of its load, of whole requests. */
    public Endpoint(EndpointId id, String name, URI uri, EndpointState state) {
        this(id, name, uri, state, 1, Role.BOTH);
    }

    /** A static endpoint, identified by its URL and named by what follows its scheme. */
    public static Endpoint ofUri(URI uri) {
        return new Endpoint(
                new EndpointId(uri.toString()), uri.getAuthority() + uri.getRawPath(), uri, EndpointState.READY);
    }

    /** One of several ranks of this server. */
    public Endpoint rank(int number) {
        return new Endpoint(id.rank(number), name + "#" + number, uri, state, loadShare, role);
    }

    /** The server of this rank, as one endpoint; this one if it is none. */
    public Endpoint server() {
        return id.isRank() ? new Endpoint(id.server(), serverName(), uri, state, loadShare, role) : this;
    }

    /** What people call the server. */
    public String serverName() {
        return id.isRank() ? name.substring(0, name.lastIndexOf('#')) : name;
    }

    /** The same in another state. */
    public Endpoint withState(EndpointState newState) {
        return newState == state ? this : new Endpoint(id, name, uri, newState, loadShare, role);
    }

    /** This endpoint in state starting, in which it may take this part of an equal load. */
    public Endpoint starting(double share) {
        return new Endpoint(id, name, uri, EndpointState.STARTING, share, role);
    }

    /** The same with another role. */
    public Endpoint withRole(Role newRole) {
        return newRole == role ? this : new Endpoint(id, name, uri, state, loadShare, newRole);
    }

    /** Which part of a request an endpoint computes: prompts, responses, or whole requests. */
    public enum Role {
        /** Whole requests. */
        BOTH,
        /** Prompts only, whose KV blocks a decode endpoint fetches. */
        PREFILL,
        /** Responses, and where that costs less or nobody else can, their prompts as well. */
        DECODE;

        /** Whether responses may come from here. */
        public boolean decodes() {
            return this != PREFILL;
        }

        /** The name in settings, labels and endpoints, lower case. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** The role of this name; null if there is none. {@code prefill-decode} is another name for both. */
        public static @Nullable Role of(String label) {
            return switch (label) {
                case "both", "prefill-decode" -> BOTH;
                case "prefill" -> PREFILL;
                case "decode" -> DECODE;
                default -> null;
            };
        }
    }

    /** Whether an endpoint may receive requests, and which. Discovery and the health of an endpoint decide it together. */
    public enum EndpointState {
        /** Receives everything. */
        READY("ready"),
        /** Receives everything, with a load bound that still grows. */
        STARTING("starting"),
        /** Was ejected; receives one request, by which it is judged. */
        PROBATION("ejected"),
        /** Its cache is empty and is being filled: receives nothing until it is, as long as others do. */
        WARMING("warming"),
        /** Terminating but still serving: finishes what it has, receives only requests that are bound to it. */
        DRAINING("draining"),
        /** Receives nothing for a moment; what is bound to it goes elsewhere meanwhile and comes back. */
        SUSPENDED("ejected"),
        /** Taken out for failing; receives nothing but probes, and what is bound to it moves. */
        EJECTED("ejected"),
        /** Its health check is late and nothing else comes from it: receives nothing until it is heard again. */
        SUSPECT("suspect"),
        /** Its engine sleeps and would let requests hang: receives nothing until it is awake. */
        SLEEPING("sleeping"),
        /** Taken out by an operator: finishes what it has and receives nothing more; what is bound to it moves. */
        DRAINED("drained"),
        /** Known but not ready; receives nothing, what is known of its cache is kept. */
        UNREADY("unready");

        private final String label;

        EndpointState(String label) {
            this.label = label;
        }

        /** Whether requests that belong to no endpoint may go here. */
        public boolean acceptsNew() {
            return this == READY || this == STARTING || this == PROBATION;
        }

        /** Whether requests bound to this endpoint may go here. */
        public boolean acceptsBound() {
            return acceptsNew() || this == DRAINING;
        }

        /** Whether what is bound to this endpoint, and cannot go there now, stays bound to it. */
        public boolean keepsBindings() {
            return this == SUSPENDED || this == SUSPECT;
        }

        /**
         * Whether it would receive everything if only it did not fail: discovery says that it is ready, it is awake, and no operator
         * drains it.
         */
        public boolean isDiscoveredReady() {
            return this != DRAINING && this != UNREADY && this != SLEEPING && this != DRAINED;
        }

        /** Whether it finishes what it has and gets no new sessions, as it will end or an operator has taken it out. */
        public boolean ends() {
            return this == DRAINING || this == DRAINED;
        }

        /** The name in endpoints and metric labels, lower case; several states that look the same to operators share one. */
        public String label() {
            return label;
        }
    }

    /**
     * What an endpoint last said of itself; every part is null where the engine does not say it. It lags by seconds, so it
     * serves capacity, health and display, never the choice of an endpoint.
     *
     * @param running requests in the engine's batch
     * @param waiting requests queued in the engine
     * @param kvCacheUsage share of KV blocks held by running requests, in [0, 1]; the highest of several engines
     * @param blockSizeTokens tokens in one KV block
     * @param blocks KV blocks of all engines of the server
     * @param prefixCaching whether prefix caching is on
     */
    public record EndpointLoad(
            @Nullable Long running,
            @Nullable Long waiting,
            @Nullable Double kvCacheUsage,
            @Nullable Integer blockSizeTokens,
            @Nullable Long blocks,
            @Nullable Boolean prefixCaching) {

        public static final EndpointLoad UNKNOWN = new EndpointLoad(null, null, null, null, null, null);

        /** What stays true of a server that does not answer: how it is made, and not what it does. */
        public EndpointLoad capacityOnly() {
            return new EndpointLoad(null, null, null, blockSizeTokens, blocks, prefixCaching);
        }

        /** Tokens that the KV cache holds, or null where the engine does not say. */
        public @Nullable Long capacityTokens() {
            // Not as whole numbers: of sizes that no engine has the product would be negative.
            return blocks == null || blockSizeTokens == null ? null : (Long) (long) ((double) blocks * blockSizeTokens);
        }

        /**
         * What an endpoint last said of its LoRA adapters. It does not say which are loaded and not in use. Immutable.
         *
         * @param slots adapters that it holds at a time; at least 1
         * @param running those of the requests in the engine's batch
         * @param waiting those of the requests queued in the engine
         */
        public record EndpointAdapters(int slots, List<String> running, List<String> waiting) {
            public EndpointAdapters {
                running = List.copyOf(running);
                waiting = List.copyOf(waiting);
            }
        }
    }
}
