package dev.warmlane.tools.replay;

import dev.warmlane.core.affinity.KeySource;
import dev.warmlane.tools.replay.load.AdaptersLoad;
import dev.warmlane.tools.replay.load.AgentsLoad;
import dev.warmlane.tools.replay.load.BurstLoad;
import dev.warmlane.tools.replay.load.ConversationsLoad;
import dev.warmlane.tools.replay.load.Load;
import dev.warmlane.tools.replay.load.MultiTurnLoad;
import dev.warmlane.tools.replay.load.SharedPrefixLoad;
import java.util.List;

/**
 * The loads that every change of a policy is judged by: fixed, generated, each a case that some rule handles badly. A case has
 * the fleet that it is sent to.
 */
final class Bench {
    /** The policies compared if none are named: all that come with the gateway, but for variants of one rule. */
    static final List<String> POLICIES = List.of(
            "expected-cost",
            "sticky",
            "consistent-hash",
            "lmetric",
            "prefix-threshold",
            "sticky-until-saturated",
            "least-requests",
            "round-robin",
            "random");

    /**
     * One load and where it goes.
     *
     * @param name in reports
     */
    record Case(String name, Load.Source source, ReplaySettings settings) {}

    private Bench() {}

    /** All cases, the light ones first. */
    static List<Case> cases(long seed) {
        ReplaySettings four = ReplaySettings.of(4, 400_000).withSeed(seed);
        ReplaySettings eight = ReplaySettings.of(8, 400_000).withSeed(seed);
        ReplaySettings large = ReplaySettings.of(8, 1_000_000).withSeed(seed);
        Load.Source groups = new SharedPrefixLoad(150, 5, 6000, 1200, 400, 10, 3000, seed);
        return List.of(
                new Case("light", new SharedPrefixLoad(1, 200, 6000, 400, 150, 5, 1500, seed), four),
                new Case("small-tails", new SharedPrefixLoad(1, 1_000_000, 4000, 64, 64, 40, 6000, seed), four),
                new Case(
                        "one-address",
                        new SharedPrefixLoad(10, 1_000_000, 6000, 400, 200, 16, 4000, seed),
                        four.withKey(KeySource.CLIENT_IP).withAddresses(1)),
                new Case(
                        "one-address-light",
                        new SharedPrefixLoad(10, 1_000_000, 6000, 100, 100, 4, 1500, seed),
                        four.withKey(KeySource.CLIENT_IP).withAddresses(1)),
                new Case("groups", new SharedPrefixLoad(150, 5, 6000, 1200, 1000, 6, 3000, seed), eight),
                new Case("groups-busy", new SharedPrefixLoad(150, 5, 6000, 1200, 1000, 14, 6000, seed), eight),
                new Case("conversations", new ConversationsLoad(1.7, 3000, seed), eight),
                new Case("conversations-busy", new ConversationsLoad(3.4, 5000, seed), eight),
                new Case("multi-turn", new MultiTurnLoad(200, 8, 6000, 1200, 1000, 10, seed), eight),
                new Case("agents", new AgentsLoad(40, 1200, seed), large),
                new Case("agents-busy", new AgentsLoad(100, 600, seed), large),
                new Case("bursts", new BurstLoad(250, 8, 8000, 200, 1, seed), eight),
                new Case("adapters", new AdaptersLoad(200, 3000, 500, 200, 20, 5000, seed), eight),
                new Case("mixed-speeds", groups, eight.withScenario(Scenario.of("--slow=0=2,1=2,2=2,3=2"))),
                new Case(
                        "mixed-conversations",
                        new ConversationsLoad(1.7, 3000, seed),
                        eight.withScenario(Scenario.of("--slow=0=2,1=2,2=3,3=3"))),
                new Case(
                        "tiny-caches",
                        new MultiTurnLoad(40, 5, 6000, 1200, 1000, 10, seed),
                        ReplaySettings.of(8, 30_000).withSeed(seed)),
                new Case(
                        "joining",
                        new MultiTurnLoad(200, 8, 6000, 1200, 1000, 10, seed),
                        eight.withScenario(Scenario.of("--add=60"))),
                new Case("leaving", groups, eight.withScenario(Scenario.of("--remove=100"))));
    }
}
