using Sandbox.Cli;

StandardStreams.Occupy();
var status = CommandLine.Run(args);
StandardStreams.Close();
return status;
