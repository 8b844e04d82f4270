# Draws bench/results/tasks.svg from what bench/tasks.lua wrote; see the Makefile.
set terminal svg size 960,420 font "sans,12" background "white"
set output "bench/results/tasks.svg"
set multiplot layout 1,2
set grid linecolor "#dddddd"
set logscale x
set format x "10^{%L}"
set xlabel "tasks that wait in one client"
set xrange [7:140000]

# A line a count of tasks: it, bytes in C, bytes in Lua, microseconds a submit and a step(0).
set title "Memory a task"
set ylabel "bytes"
set yrange [0:550]
set key bottom right
plot 500 with lines linecolor "#cccccc" title "500", \
     data using 1:($2+$3) with linespoints linewidth 2 linecolor rgb "#7b2d8b" \
       title "in all, with the job object", \
     data using 1:2 with linespoints linewidth 2 linecolor rgb "#00755e" title "in C"

set title "CPU a call"
set ylabel "microseconds"
set yrange [0:22]
set key at graph 0.98,0.3
plot 20 with lines linecolor "#cccccc" title "20", \
     data using 1:4 with linespoints linewidth 2 linecolor rgb "#7b2d8b" \
       title "submit, before the network", \
     data using 1:5 with linespoints linewidth 2 linecolor rgb "#1f5fa8" \
       title "step(0), nothing due"
unset multiplot
