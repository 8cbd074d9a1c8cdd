package io.millrace.cli.demo;
import io.millrace.cli.CliContext;
public final class DemoCommand implements Runnable { public DemoCommand(CliContext c) {} public void run() {} }
