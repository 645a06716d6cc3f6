package dev.warmlane.proxy.http;
