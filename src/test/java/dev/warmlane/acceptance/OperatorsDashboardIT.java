package dev.warmlane.acceptance;

import dev.warmlane.harness.DashboardInBrowser;
import org.junit.jupiter.api.ClassOrderer;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestClassOrder;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The operators' page in Chromium: one browser and one gateway for all of it. Skipped where there is no Chromium. */
@Tag("processes")
@TestClassOrder(ClassOrderer.OrderAnnotation.class)
class OperatorsDashboardIT {
    @RegisterExtension
    static final DashboardInBrowser dashboard = new DashboardInBrowser();

    @Nested
    @Order(1)
    class Access extends DashboardAccess {}

    @Nested
    @Order(2)
    class Tasks extends DashboardTasks {}

    /** Last, as it ends a gateway, and the first to end takes the event loops of all. */
    @Nested
    @Order(3)
    class Views extends DashboardViews {}
}
