package dev.warmlane.acceptance;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static dev.warmlane.acceptance.OperatorsDashboardIT.dashboard;
import static dev.warmlane.harness.DashboardInBrowser.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import com.deque.html.axecore.args.AxeRunOptions;
import com.deque.html.axecore.playwright.AxeBuilder;
import com.deque.html.axecore.results.Rule;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import dev.warmlane.harness.ChatClient;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** That anybody can use the operators' page, on any screen. */
abstract class DashboardAccess {
    /** Whatever else axe looks at is the same in every theme. */
    private static final List<String> RULES_OF_COLORS = List.of("color-contrast", "link-in-text-block");

    private final ChatClient client = new ChatClient();
    private Page page;

    @BeforeEach
    void open() {
        page = dashboard.open();
    }

    /** As over the wire, but for the stream that does not end. */
    @Test
    void theFirstLoadIsSmallAndTheSecondMuchSmaller() {
        dashboard.show(page, "fleet");
        assertThat(page.getByText("No problems.")).isVisible(SOON);
        String bytes =
                "() => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]"
                        + ".reduce((sum, entry) => sum + entry.transferSize, 0)";
        assertThat(((Number) page.evaluate(bytes)).intValue()).isBetween(10_000, 120_000);
        page.reload();
        assertThat(page.getByText("No problems.")).isVisible(SOON);
        assertThat(((Number) page.evaluate(bytes)).intValue()).isLessThan(45_000);
    }

    /** A browser makes six connections to a host and no more, and the stream of each page takes one. */
    @Test
    void leavesItsConnectionToOthersWhileNobodySeesIt() {
        for (int i = 0; i < 6; i++) {
            Page hidden = page.context().newPage();
            dashboard.show(hidden, "fleet");
            assertThat(hidden.getByText("No problems.")).isVisible(SOON);
            hidden.evaluate("() => {"
                    + "Object.defineProperty(document, 'hidden', { get: () => true });"
                    + "document.dispatchEvent(new Event('visibilitychange')); }");
        }
        dashboard.show(page, "fleet");
        assertThat(page.getByText("No problems.")).isVisible(SOON);
    }

    @Test
    void theThemeIsChosenAndStays() {
        dashboard.show(page, "fleet");
        page.getByLabel("Theme").selectOption("dark");
        page.reload();
        page.waitForFunction("() => getComputedStyle(document.documentElement).backgroundColor === 'rgb(23, 22, 20)'");
    }

    @Test
    void isUsedByKeyboardAlone() {
        dashboard.show(page, "overview");
        assertThat(page.locator("table")).isVisible(SOON);

        page.keyboard().press("Tab");
        assertThat(page.getByText("Skip to content")).isFocused();
        page.keyboard().press("Tab");
        page.keyboard().press("Tab");
        page.keyboard().press("Tab");
        page.keyboard().press("Enter");
        assertThat(page.getByText("Trends of default")).isVisible(SOON);

        dashboard.show(page, "overview");
        Locator sessions = page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Bindings"));
        sessions.focus();
        page.keyboard().press("Enter");
        assertThat(page.locator("th[aria-sort]")).containsText("Bindings");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "fleet",
                "overview",
                "trends",
                "cache",
                "decisions",
                "sessions",
                "runbook",
                "events",
                "wall",
                "endpoint?endpoint=0"
            })
    void fitsEveryScreenAndAxeFindsNothingSeriousInEitherTheme(String view) {
        dashboard.say("seen-by-axe", "hello");
        dashboard.show(page, view.replace("endpoint=0", "endpoint=" + dashboard.endpoint(0)));
        assertThat(page.locator("main section").first()).isVisible(SOON);

        assertThat(seriousViolations(List.of())).as("light").isEmpty();
        page.emulateMedia(new Page.EmulateMediaOptions().setColorScheme(ColorScheme.DARK));
        page.waitForFunction("matchMedia('(prefers-color-scheme: dark)').matches");
        assertThat(seriousViolations(RULES_OF_COLORS)).as("dark").isEmpty();

        for (int width : new int[] {360, 768, 1280, 1920}) {
            page.setViewportSize(width, 900);
            assertThat(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
                    .as("at %d px", width)
                    .isEqualTo(0);
            if (List.of("fleet", "events").contains(view)) {
                assertThat(page.evaluate("[...document.querySelectorAll('.scroll')]"
                                + ".every(table => table.scrollWidth <= table.clientWidth)"))
                        .as("without scrolling at %d px", width)
                        .isEqualTo(true);
            }
        }
    }

    @Test
    void theChoiceOfAPoolWithALongNameFitsEveryScreen() {
        page.route("**/dashboard/live", route -> {
            ObjectNode live = (ObjectNode) client.firstEvent(dashboard.gateway().management("/dashboard/live"));
            ArrayNode pools = (ArrayNode) live.get("pools");
            pools.add(((ObjectNode) pools.get(0).deepCopy()).put("pool", "long-name".repeat(9)));
            route.fulfill(new Route.FulfillOptions()
                    .setContentType("text/event-stream")
                    .setBody("data:" + live + "\n\n"));
        });
        page.setViewportSize(360, 900);
        dashboard.show(page, "sessions");

        assertThat(page.locator("label.pool select")).isVisible(SOON);
        assertThat(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
                .isEqualTo(0);
        dashboard.takeComplaints();
    }

    /** @param rules the only ones to hold the page against; all if there are none */
    private List<Rule> seriousViolations(List<String> rules) {
        // Of what is as it should be, axe would tell each element.
        AxeRunOptions options = new AxeRunOptions();
        options.setResultTypes(List.of("violations"));
        // There are no frames whose results would have to be put together in a page of their own.
        AxeBuilder axe = new AxeBuilder(page).options(options).setLegacyMode(true);
        if (!rules.isEmpty()) {
            axe.withRules(rules);
        }
        return axe.analyze().getViolations().stream()
                .filter(violation -> List.of("serious", "critical").contains(violation.getImpact()))
                .toList();
    }
}
