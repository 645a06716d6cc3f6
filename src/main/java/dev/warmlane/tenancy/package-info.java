/**
 * Keeps tenants apart in what they share: the engines' prefix caches, the sessions bound here, and stored responses. What
 * belongs to a tenant is marked with a keyed hash of its name, so that nobody can make another's mark; a shared cache
 * otherwise tells by its speed what others have asked (CVE-2025-46570). The same tenant still finds its own.
 */
@NullMarked
package dev.warmlane.tenancy;

import org.jspecify.annotations.NullMarked;
