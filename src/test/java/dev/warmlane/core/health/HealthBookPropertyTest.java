package dev.warmlane.core.health;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointSnapshot;
import dev.warmlane.core.health.EndpointHealth.EjectionReason;
import dev.warmlane.core.health.EndpointHealth.Healthy;
import java.time.Duration;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Whatever happens to a pool, in whatever order. */
class HealthBookPropertyTest {
    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    /** One thing that happens: what, to which endpoint, and how long after the one before. */
    record Event(int kind, int endpoint, int seconds) {}

    @Property(tries = 500)
    void requestsNeverEjectMoreThanHalfAndSomethingIsAlwaysSelectable(
            @ForAll @IntRange(min = 1, max = 7) int endpoints,
            @ForAll @Size(max = 80) List<@IntRange(max = 100_000) Integer> numbers) {
        EndpointSnapshot discovered = HealthBookTest.endpoints(endpoints);
        HealthBook book = HealthBook.empty(Rules.defaults()).follow(discovered, 0);
        long now = 0;
        for (int number : numbers) {
            Event event = new Event(number % 9, number / 9 % endpoints, number / 63 % 50);
            now += event.seconds() * SECOND;
            HealthBook after = apply(book, event, now);
            if (event.kind() == 0 && after.out() > book.out()) {
                assertThat(after.out()).isLessThanOrEqualTo(endpoints / 2);
            }
            book = after;
            assertThat(book.over(discovered, now).selectable()).isNotEmpty();
            assertThat(book.over(discovered, now).isPanic()).isEqualTo(2 * (endpoints - book.out()) < endpoints);
        }
        allComeBack(book, discovered, now);
    }

    private static HealthBook apply(HealthBook book, Event event, long now) {
        Endpoint endpoint = HealthBookTest.endpoint(event.endpoint());
        EndpointId id = endpoint.id();
        return switch (event.kind()) {
            case 0 -> book.fail(id, EjectionReason.SUCCESS_RATE, event.seconds() % 2 == 0, now);
            case 1 -> book.claim(endpoint, now);
            case 2 -> book.release(endpoint);
            case 3 -> book.failProbation(id, event.seconds() % 2 == 0, now);
            case 4 -> book.passProbation(id, now);
            case 5 -> book.checkFailed(id, true, false, now);
            case 6 -> book.checkFailed(id, false, true, now);
            case 7 -> book.checkRose(id);
            default -> book.tick(now);
        };
    }

    /** Once checks pass, the longest ejection is over, and each gets one request that succeeds. */
    private static void allComeBack(HealthBook book, EndpointSnapshot discovered, long now) {
        HealthBook back = book;
        long later = now + 300 * SECOND;
        for (EndpointId id : book.all().keySet()) {
            back = back.checkRose(id);
        }
        back = back.tick(later);
        for (Endpoint endpoint : discovered.endpoints()) {
            back = back.claim(endpoint, later).passProbation(endpoint.id(), later);
        }
        back = back.tick(later + 30 * SECOND);
        assertThat(back.all().values()).hasOnlyElementsOfType(Healthy.class);
        assertThat(back.over(discovered, later)).isSameAs(discovered);
    }
}
