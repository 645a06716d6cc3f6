package dev.warmlane.ops.dashboard;
