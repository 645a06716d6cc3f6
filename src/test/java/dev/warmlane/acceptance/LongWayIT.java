package dev.warmlane.acceptance;

import dev.warmlane.harness.RunningGateway;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;

/**
 * Requests take the short way past Spring Cloud Gateway wherever they can. What they may rely on holds on the long one too: the
 * same tests, by gateways that send every request through all of it.
 */
class LongWayIT {

    @BeforeAll
    static void takeIt() {
        RunningGateway.takeLongWay(true);
    }

    @AfterAll
    static void leaveIt() {
        RunningGateway.takeLongWay(false);
    }

    @Nested
    class BrokenResponse extends BrokenResponseIT {}

    @Nested
    class ClientAbort extends ClientAbortIT {}

    @Nested
    class ErrorFormat extends ErrorFormatIT {}

    @Nested
    class Failover extends FailoverIT {}

    @Nested
    class HeldStream extends HeldStreamIT {}

    @Nested
    class HostileEngine extends HostileEngineIT {}

    @Nested
    class PassThrough extends PassThroughIT {}

    @Nested
    class RefusedOutcome extends RefusedOutcomeIT {}

    @Nested
    class RequestOutcome extends RequestOutcomeIT {}

    @Nested
    class StreamOutcome extends StreamOutcomeIT {}

    @Nested
    class Tenants extends TenantsIT {}
}
