package dev.warmlane.core.sharing;

import dev.warmlane.core.affinity.AffinityTable;
import dev.warmlane.core.affinity.StoredResponses;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.prefix.PrefixIndex;
import dev.warmlane.core.routing.InFlight;
import dev.warmlane.core.sharing.Fact.FactQueue;
import dev.warmlane.core.sharing.MessageWriter.RecordType;
import dev.warmlane.core.sharing.PoolShare.SharedLoad.Sums;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What this replica shares with the others. Requests note facts; {@link #gather} turns those noted since the last time into
 * messages, which somebody carries to the other replicas in order; {@link #receive} applies what they tell. Every fact is the
 * teller's own, so nothing goes in circles, and values that can be lost are told again: loads every {@value #WHOLE_MILLIS} ms, what
 * settings there are and how large caches have turned out to be every 10 s, the rest on request ({@link #writeState}).
 *
 * <p>Noting is safe from any thread and takes no lock; {@link #gather} is for one thread; {@link #receive} for one thread at a
 * time for each sender.
 */
public final class Replication {
    /** The longest message, in bytes: of {@link #gather} and of {@link #writeState}. */
    public static final int MAX_MESSAGE_BYTES = MessageEncoder.MAX_MESSAGE_BYTES;

    /** The longest page of a bulletin, in bytes. */
    public static final int MAX_PAGE_BYTES = SharedState.MAX_PAGE_BYTES;

    /** Pages of a bulletin at most. */
    public static final int MAX_PAGES = SharedState.MAX_PAGES;

    private static final int WHOLE_MILLIS = 500;
    private static final long WHOLE_NANOS = Duration.ofMillis(WHOLE_MILLIS).toNanos();
    private static final long AGAIN_NANOS = Duration.ofSeconds(10).toNanos();
    private static final long SILENCE_NANOS = Duration.ofSeconds(2).toNanos();

    private final SharedState state;
    private final SharedBindings bindings;
    private final FactQueue facts;
    private final LongSupplier nanoClock;
    private final Map<String, Long> heardNanos = new ConcurrentHashMap<>();
    private final MessageDecoder decoder;
    private final AtomicReference<@Nullable List<byte[]>> bulletin = new AtomicReference<>();
    private volatile Map<String, Long> ownSettings = Map.of();
    private long wholeToldNanos;
    private Map<String, Long> toldSettings = Map.of();
    private long settingsToldNanos;
    private long capacitiesToldNanos;
    private long toldDropped;

    /**
     * Nothing is shared yet, and nobody known.
     *
     * @param self the id of this replica among the others
     * @param table of the bindings of all pools
     * @param maxFacts facts that may wait to be told; what is more is dropped, and told as a whole later
     * @param nanoClock elapsed time in nanoseconds, as of {@link System#nanoTime}
     * @param onIncomplete told who has dropped facts, so that its state is to be asked for
     */
    public Replication(
            String self, AffinityTable table, int maxFacts, LongSupplier nanoClock, Consumer<String> onIncomplete) {
        this.facts = new FactQueue(maxFacts);
        this.bindings = new SharedBindings(table, facts);
        this.state = new SharedState(self, table, facts, new SharedQuota(this::heardOf, facts::signal));
        this.nanoClock = nanoClock;
        this.wholeToldNanos = nanoClock.getAsLong() - WHOLE_NANOS;
        this.settingsToldNanos = nanoClock.getAsLong();
        this.capacitiesToldNanos = settingsToldNanos;
        this.decoder = new MessageDecoder(state, onIncomplete);
    }

    /** The bindings of all replicas. */
    public SharedBindings bindings() {
        return bindings;
    }

    /**
     * Shares a pool from now on.
     *
     * @param index linked, and written by nobody else
     * @param inFlight what this replica has in flight there
     */
    public PoolShare share(EndpointPool endpoints, PrefixIndex index, InFlight inFlight) {
        PoolShare share = new PoolShare(endpoints, index, inFlight, facts, nanoClock);
        state.add(share);
        inFlight.onChange(facts::signal);
        return share;
    }

    /** Shares from now on which endpoint made each stored response. */
    public void share(StoredResponses storedResponses) {
        state.responses(storedResponses);
        storedResponses.onMade((response, endpoint) -> facts.add(new Fact.Stored(response, endpoint)));
    }

    /** What clients take of their limits at all replicas. */
    public SharedQuota quota() {
        return state.quota();
    }

    /**
     * Tells the others how this replica is, in place of what it told before. Nothing here reads it.
     *
     * @param pages from 1 to {@value #MAX_PAGES}, of at most {@value #MAX_PAGE_BYTES} bytes each; a page that is lost is missing
     *     from the others' bulletin, and replicas of earlier versions read only the first, so each should make sense alone
     */
    public void post(List<byte[]> pages) {
        if (pages.isEmpty() || pages.size() > MAX_PAGES) {
            throw new IllegalArgumentException(
                    "a bulletin of %d pages (expected: 1 to %d)".formatted(pages.size(), MAX_PAGES));
        }
        for (byte[] page : pages) {
            if (page.length > MAX_PAGE_BYTES) {
                throw new IllegalArgumentException(
                        "a page of %d bytes (expected: at most %d)".formatted(page.length, MAX_PAGE_BYTES));
            }
        }
        bulletin.set(List.copyOf(pages));
        facts.signal();
    }

    /** The pages that each of the others posted last, by its id. */
    public Map<String, List<byte[]>> bulletins() {
        return state.bulletins();
    }

    /**
     * Tells the others now and every 10 s by which they see whether their settings are the same. Nothing here compares them.
     *
     * @param digests of all groups of settings that have to be the same, by the groups' names of at most 255 bytes each
     */
    public void tellSettings(Map<String, Long> digests) {
        ownSettings = Map.copyOf(digests);
        facts.signal();
    }

    /** What this replica tells of its settings. */
    public Map<String, Long> ownSettings() {
        return ownSettings;
    }

    /** What each of the others told last of its settings, by its id; one of an earlier version tells nothing. */
    public Map<String, Map<String, Long>> settings() {
        return state.settings();
    }

    /** Calls this when there is something to {@link #gather}, on the thread that noted it. */
    public void onFact(Runnable listener) {
        facts.onFact(listener);
    }

    /** The messages to tell all others now, in this order; often none. Forgets the loads of those not heard for 2 s. */
    public List<byte[]> gather() {
        long now = nanoClock.getAsLong();
        forgetSilent(now);
        List<byte[]> messages = new ArrayList<>();
        MessageEncoder encoder = new MessageEncoder(messages::add);
        boolean whole = now - wholeToldNanos >= WHOLE_NANOS;
        for (PoolShare pool : state.pools()) {
            Map<EndpointId, Sums> own = pool.ownLoad();
            Map<EndpointId, Sums> changes = pool.takeChanges(own);
            if (whole) {
                encoder.load(RecordType.WHOLE_LOAD, pool.name(), own);
            } else if (!changes.isEmpty()) {
                encoder.load(RecordType.LOAD, pool.name(), changes);
            }
        }
        wholeToldNanos = whole ? now : wholeToldNanos;
        for (Fact fact = facts.poll(); fact != null; fact = facts.poll()) {
            encoder.fact(fact);
        }
        if (now - capacitiesToldNanos >= AGAIN_NANOS) {
            capacitiesToldNanos = now;
            // After the corrections that have led to them.
            state.writeCapacities(encoder);
        }
        state.quota().gather(encoder);
        List<byte[]> posted = bulletin.getAndSet(null);
        if (posted != null) {
            encoder.bulletin(posted);
        }
        Map<String, Long> own = ownSettings;
        if (!own.equals(toldSettings) || (!own.isEmpty() && now - settingsToldNanos >= AGAIN_NANOS)) {
            toldSettings = own;
            settingsToldNanos = now;
            encoder.settings(own);
        }
        long dropped = facts.dropped();
        if (dropped != toldDropped) {
            toldDropped = dropped;
            encoder.incomplete();
        }
        encoder.end();
        return messages;
    }

    /**
     * Applies what another replica tells.
     *
     * @param origin the id of who tells
     * @return whether all of it was understood; a message that is malformed is applied as far as it makes sense
     */
    public boolean receive(String origin, byte[] message) {
        heardNanos.put(origin, nanoClock.getAsLong());
        return decoder.decode(origin, message);
    }

    /** This replica is gone: what it has in flight counts no more. */
    public void left(String origin) {
        heardNanos.remove(origin);
        state.left(origin);
    }

    /**
     * Writes all that is known here, for a replica that joins or has missed something: messages like any others, which it {@link
     * #receive}s.
     */
    public void writeState(Consumer<byte[]> messages) {
        MessageEncoder encoder = new MessageEncoder(messages);
        state.write(encoder);
        if (!ownSettings.isEmpty()) {
            encoder.settings(ownSettings);
        }
        encoder.end();
    }

    /** Facts that were dropped before they were told, because too many waited. */
    public long dropped() {
        return facts.dropped();
    }

    /** What was told and not understood: messages that were malformed or of a later version, and records of a later version's kind. */
    public long skipped() {
        return decoder.skipped();
    }

    /** Records that were told of an endpoint or a pool that is unknown here. */
    public long unknownEndpoints() {
        return decoder.unknownEndpoints();
    }

    /** Placements that were told of prompts whose beginning was unknown here. */
    public long unknownBeginnings() {
        return decoder.unknownBeginnings();
    }

    /** The other replicas, without those that are silent. */
    private Collection<String> heardOf() {
        long now = nanoClock.getAsLong();
        List<String> others = new ArrayList<>(heardNanos.size());
        heardNanos.forEach((origin, heard) -> {
            if (now - heard <= SILENCE_NANOS) {
                others.add(origin);
            }
        });
        return others;
    }

    private void forgetSilent(long now) {
        heardNanos.forEach((origin, heard) -> {
            if (now - heard > SILENCE_NANOS) {
                state.pools().forEach(pool -> pool.sharedLoad().forget(origin));
            }
        });
    }
}
