using Sandbox.Cli;
using Sandbox.Cli.Run;

StandardStreams.Occupy();
var failed = args is ["run", ..] ? RunStatus.Sandbox : ExitStatus.Sandbox;
LastResort.Watch(failed);
return LastResort.Run(() => CommandLine.Run(args), failed);
