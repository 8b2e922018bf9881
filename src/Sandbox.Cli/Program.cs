using Sandbox.Cli;

StandardStreams.Occupy();
return CommandLine.Run(args);
